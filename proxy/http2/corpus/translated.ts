/**
 * The requests of HTTP/1.1's corpus as streams of HTTP/2, by these rules:
 * - A case of several requests, of another version or without a request line and an end of its head is left out: HTTP/2
 *   frames its requests, so there is nothing of that kind to say.
 * - Names are in lower case, and blanks around a value are left out, as both are no part of a field. A line without a
 *   colon goes on with the value before it, line break included.
 * - One Host is `:authority`; none or several stay what they are.
 * - What follows the head is the stream's data as it is. A case with `Transfer-Encoding: chunked` alone is left out: it
 *   is about chunks, which HTTP/2 has not.
 * - Limits of a head are left out: they count HTTP/1.1's bytes.
 * Refused is what HTTP/1.1 refuses, and what HTTP/2 has no fields for.
 */
import { type ForwardedRequest, forwarded, type OwnAnswer, type RequestCase } from '../../http/corpus/case.ts';
import type { FieldList, Http2Case } from './case.ts';

type Line = readonly [name: string, value: string];

const REQUEST_LINE = /^([^ ]*) (.*) HTTP\/1\.1$/s;
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const OF_CONNECTIONS = new Set(['connection', 'http2-settings', 'keep-alive', 'proxy-connection', 'upgrade']);

export function translated(requestCase: RequestCase): Http2Case | undefined {
  const { name, source, bytes, expected, trusted = false } = requestCase;
  const [outcome] = expected;
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (outcome === undefined || expected.length > 1 || headEnd === -1) return undefined;
  if (source.startsWith('limits.')) return undefined;
  const [requestLine = '', ...rest] = bytes.slice(0, headEnd).replace(/^\r\n/, '').split('\r\n');
  const [, method = '', path = ''] = REQUEST_LINE.exec(requestLine) ?? [];
  const lines = linesOf(rest);
  if (method === '' || lines === undefined) return undefined;

  const framing = lines.filter(([of]) => of === 'content-length' || of === 'transfer-encoding');
  if (framing.length === 1 && framing[0]?.[0] === 'transfer-encoding' && /^chunked$/i.test(framing[0][1]))
    return undefined;
  const hosts = lines.filter(([of]) => of === 'host');
  const authority = hosts.length === 1 ? (hosts[0]?.[1] ?? '') : '';
  const fields = authority === '' ? lines : lines.filter(([of]) => of !== 'host');
  const body = bytes.slice(headEnd + 4);
  const message = {
    name,
    source,
    trusted,
    fields: [...pseudoOf(method, authority, path), ...fields],
    ...(body !== '' && { body }),
  };
  const sayable = !fields.some(([of, value]) => OF_CONNECTIONS.has(of) || (of === 'te' && value !== 'trailers'));
  const asked = { method, target: path, body };
  if (typeof outcome !== 'string' && sayable && (path.startsWith('/') || path === '*')) {
    return { ...message, expected: [as(outcome, asked, fields)] };
  }
  const code = typeof outcome === 'string' ? outcome : 'bad_request';
  const misread = fields.some(([of, value]) => !NAME.test(of) || !VALUE.test(value));
  const otherwise = misread ? { otherwise: forwarded(method, path, body) } : {};
  return { ...message, expected: [code], anyCode: true, ...otherwise };
}

function pseudoOf(method: string, authority: string, path: string): FieldList {
  const host: FieldList = authority === '' ? [] : [[':authority', authority]];
  return [[':method', method], [':scheme', 'http'], ...host, [':path', path]];
}

function linesOf(lines: readonly string[]): Line[] | undefined {
  const fields: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const last = fields.at(-1);
    if (colon !== -1 && !/^[ \t]/.test(line)) {
      const name = line.slice(0, colon).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      fields.push([name, line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')]);
    } else if (last === undefined) return undefined;
    else last[1] += `\r\n${line}`;
  }
  return fields;
}

/** What HTTP/1.1's outcome is here: names in lower case as they were sent, cookies in one line, another version. */
function as(
  outcome: ForwardedRequest | OwnAnswer,
  asked: Pick<ForwardedRequest, 'method' | 'target' | 'body'>,
  sent: readonly Line[],
): ForwardedRequest | OwnAnswer {
  if ('status' in outcome) return outcome;
  const names = new Set(sent.map(([name]) => name));
  const has = (outcome.has ?? [])
    .filter((line) => !/^(?:cookie|transfer-encoding):/i.test(line))
    .map((line) => line.replace(/1\.1 cobrowse-proxy$/, '2 cobrowse-proxy'))
    .map((line) => {
      const name = line.slice(0, line.indexOf(':')).toLowerCase();
      return names.has(name) && !WRITTEN.test(name) ? name + line.slice(name.length) : line;
    });
  return { ...asked, has, lacks: outcome.lacks ?? [], trailers: [] };
}

/** By the proxy itself, in its own letter case. */
const WRITTEN = /^(?:content-length|expect|forwarded|via|x-forwarded-.*|x-request-id)$/;
