/**
 * The kinds of text an option can be. Each says in its message what it expects, with an example, and turns the text
 * into the form the program reads: durations into milliseconds, sizes into bytes, URLs into their parts.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { isHost, isNetwork } from './addresses.ts';
import { parseOriginList } from './origin-list.ts';
import { parseRedisUrl } from './redis-url.ts';
import { EXPECTED_TOKENS, readSecretTokens } from './secret-tokens.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './values.ts';

/** As listeners with path rules take them: see `proxy/http/plain-path.ts`. */
const PATH = /^(?:\/[A-Za-z0-9._~!$&'()*+,=:@-]+)*\/?$/;
const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
const DOT_AT_END = /\.(?:\/|$)/;
/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Text that `read` understands; `undefined` from it means refused with `expected <what>`. */
function textOf<T>(what: string, read: (text: string) => T | undefined) {
  const message = `expected ${what}`;
  return z
    .string(message)
    .meta({ expected: what })
    .transform((text, ctx): T => {
      const value = read(text);
      if (value !== undefined) return value;
      ctx.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}

/** Text that passes `test`, as it is. */
function textThat(what: string, test: (text: string) => boolean) {
  return z.string(`expected ${what}`).meta({ expected: what }).refine(test, `expected ${what}`);
}

/** Milliseconds, both bounds included. */
export function duration(least: number, most: number) {
  const range = `from ${formatDuration(least)} to ${formatDuration(most)}`;
  return textOf(`a duration such as 500ms, 2s, 5m or 1h, ${range}`, (text) => within(parseDuration(text), least, most));
}

/** Bytes, both bounds included. */
export function size(least: number, most: number) {
  const range = `from ${formatSize(least)} to ${formatSize(most)}`;
  return textOf(`a size such as 512B, 16KiB or 1GiB, ${range}`, (text) => within(parseSize(text), least, most));
}

function within(value: number | undefined, least: number, most: number): number | undefined {
  return value !== undefined && value >= least && value <= most ? value : undefined;
}

/** An absolute path without its trailing slash: `/` becomes `''`, so that `base + '/x'` always works. */
export function path(example: string) {
  return textOf(`a path such as ${example}, or / for the root`, (text) =>
    text.startsWith('/') && isPlainPath(text) ? withoutTrailingSlash(text) : undefined,
  );
}

/** The name of a file, relative to the configuration file; '' for none. */
export const fileName = textThat('the name of a file', (text) => text.length <= 4096 && !text.includes('\0'));

/** A file with a certificate or a key, relative to the configuration file. */
export const pemFile = textThat(
  'the name of a PEM file',
  (text) => text !== '' && text.length <= 4096 && !text.includes('\0'),
);

/** Bearer tokens, '' for none. Never shown. */
export const secretTokens = textThat(
  EXPECTED_TOKENS,
  (text) => text.trim() === '' || readSecretTokens(text) !== undefined,
).meta({ secret: true });

/** Signs a cookie; as a bearer token, too long to guess. Never shown. */
export const secretKey = textThat('a key of 32 to 512 letters, digits or -._~+/=', isSecretKey).meta({ secret: true });

export function isSecretKey(text: string): boolean {
  return /^[A-Za-z0-9._~+/=-]{32,512}$/.test(text);
}

/** Of a cookie (RFC 6265 §4.1.1). */
export const cookiePath = matching('a path such as / or /cobrowse', /^\/[\x21-\x3a\x3c-\x7e]{0,1023}$/);

/** A name or an IP address to listen on. */
export const host = textThat('a host name or an IP address', isHost);

/** Who may be believed about the client's address. */
export const network = textThat('an IP address or a network such as 10.0.0.0/8 or 2001:db8::/32', isNetwork);

/** A node's application name: what the affinity cookie says. */
export const nodeName = matching('1 to 128 letters, digits, dots, underscores or dashes', /^[A-Za-z0-9._-]{1,128}$/);

/** A cookie name, a header name, a pseudonym. */
export function token(what: string) {
  return textThat(what, (text) => TOKEN.test(text));
}

/** Text in a form that one regular expression describes. */
export function matching(what: string, pattern: RegExp) {
  return textThat(what, (text) => pattern.test(text));
}

/** The value of an Origin header (RFC 6454 §7): scheme, host, and port unless it is the default. */
export const origin = textThat(
  'an origin such as https://agents.example.com, without path and default port',
  (text) => readUrl(text)?.origin === text,
);

/**
 * Who may look up sessions, as in Genesys: full origins and `https://*.example.com`, separated by commas; no bare `*`.
 */
export const originList = textOf(
  'origins such as https://agents.example.com or https://*.example.com, separated by commas',
  parseOriginList,
);

/**
 * Where sessions are kept; for Redis with user, password, database and key prefix. Never shown, as it may hold a
 * password.
 */
export const storeUrl = textThat(
  'memory, or a URL such as redis://user:password@host:6379/0?prefix=gcb: or rediss://host',
  (text) => text === 'memory' || parseRedisUrl(text) !== undefined,
).meta({ secret: true });

/** A node's own public URL, split for matching: `authority` as a Host header says it (lower case, no default port). */
export const serverUrl = textOf('a URL such as https://node-1.example.com/cobrowse, without query', (text) => {
  const url = readUrl(text);
  return url && { url: text, authority: url.host, prefix: withoutTrailingSlash(url.pathname) };
});

/** A name as certificates have it: the SNI of TLS carries no IP address (RFC 6066 §3). */
export const hostName = textThat('a host name, no IP address', (text) => isHost(text) && isIP(text) === 0);

/** Where the proxy reaches a node; `https` with TLS, and never without. */
export const nodeUrl = textOf('an http or https URL such as http://10.0.0.1:8700/cobrowse, without query', (text) => {
  const url = readUrl(text);
  if (url === undefined || url.port === '0') return undefined;
  const scheme: 'http' | 'https' = url.protocol === 'https:' ? 'https' : 'http';
  return {
    scheme,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port),
    authority: url.host,
    base: withoutTrailingSlash(url.pathname),
  };
});

/** As OTEL_EXPORTER_OTLP_ENDPOINT has it, without a slash at its end; '' for none. */
export const otlpEndpoint = textOf('a URL such as http://127.0.0.1:4318, without /v1/traces', (text) => {
  if (text === '') return '';
  const url = readUrl(text);
  return url === undefined || url.port === '0' || /\/v1\/traces\/?$/.test(text)
    ? undefined
    : withoutTrailingSlash(text);
});

/**
 * An http or https URL of scheme, host, port and plain path only. `new URL` alone would also take, and silently mend,
 * `http:host`, backslashes, blanks, line ends and dot segments.
 */
function readUrl(text: string): URL | undefined {
  if (!/^https?:\/\/[^\s\\?#@]+$/i.test(text) || DOT_SEGMENT.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return isPlainPath(url.pathname) ? url : undefined;
}

function isPlainPath(text: string): boolean {
  return PATH.test(text) && !DOT_AT_END.test(text);
}

function withoutTrailingSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}
