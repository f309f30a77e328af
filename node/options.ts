/** Options of the node: shapes, defaults and bounds. The text forms are those of the command line. */
import { parseDuration } from '../config/values.ts';
import { AllowedOrigins, parseAllowedOrigins } from './origins.ts';

export interface NodeOptions {
  /** The node's application name, `sessionServerName` in answers and the cookie's value. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Root of the web application, without a trailing slash: `/cobrowse`, or `''`. */
  readonly base: string;
  /** This node's own public URL, told as `sessionServerUrl`; undefined leaves that out. */
  readonly serverUrl: string | undefined;
  /** Who may look up sessions. Empty: nobody. */
  readonly allowedOrigins: AllowedOrigins;
  /** How long a stopping node goes on serving as `draining`, so that balancers notice; ms. */
  readonly drainMs: number;
  /** How long requests in flight may then take until their connections are cut; ms. */
  readonly finishMs: number;
}

export const DEFAULTS: NodeOptions = {
  name: 'Co-browse_Server',
  host: '127.0.0.1',
  port: 8700,
  base: '/cobrowse',
  serverUrl: undefined,
  allowedOrigins: new AllowedOrigins([], []),
  drainMs: 5_000,
  finishMs: 10_000,
};

/** The message says what was expected. */
export class InvalidOption extends Error {
  override readonly name = 'InvalidOption';
}

const NAME = /^[A-Za-z0-9._-]{1,128}$/;
const HOST = /^[A-Za-z0-9.:_-]+$/;
const PORT = /^\d{1,5}$/;
const PATH = /^(?:\/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*\/?$/;
const HTTP_URL = /^https?:\/\/[^\s?#@]+$/i;
const MAX_DRAIN_MS = 3_600_000;

export function parseName(text: string): string {
  return matching(NAME, text, 'expected 1 to 128 letters, digits, dots, underscores or dashes');
}

export function parseHost(text: string): string {
  return matching(HOST, text, 'expected a host name or an IP address');
}

export function parsePort(text: string): number {
  const port = Number(matching(PORT, text, 'expected a port from 0 to 65535'));
  if (port > 65_535) throw new InvalidOption('expected a port from 0 to 65535');
  return port;
}

/** `/` and `/cobrowse/` lose their trailing slash. */
export function parseBase(text: string): string {
  const expected = 'expected a path such as /cobrowse, or /';
  if (!text.startsWith('/')) throw new InvalidOption(expected);
  return matching(PATH, text, expected).replace(/\/$/, '');
}

/** Kept as it is written: clients get it verbatim. */
export function parseServerUrl(text: string): string {
  const valid = HTTP_URL.test(text) && URL.canParse(text) && !text.endsWith('/');
  if (valid) return text;
  throw new InvalidOption(
    'expected an http or https URL such as https://node-1.example.com/cobrowse, without trailing slash, query or user',
  );
}

export function parseOrigins(text: string): AllowedOrigins {
  const parsed = parseAllowedOrigins(text);
  if (parsed.outcome === 'parsed') return parsed.origins;
  throw new InvalidOption(
    `expected origins such as https://agents.example.com or https://*.example.com, separated by commas, not '${parsed.entry}'`,
  );
}

export function parseDrainTime(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms <= MAX_DRAIN_MS) return ms;
  throw new InvalidOption('expected a duration such as 500ms, 5s or 2m, up to 1h');
}

function matching(pattern: RegExp, text: string, expected: string): string {
  if (pattern.test(text)) return text;
  throw new InvalidOption(expected);
}
