/**
 * The corpus over HTTP/2: heads and bodies that would be something else as HTTP/1.1 (request smuggling by downgrade),
 * and the requests of `proxy/http/corpus/` as streams.
 */
import { type Case, type ForwardedRequest, forwarded } from '../../http/corpus/case.ts';
import type { RefusalCode } from '../../http/refusals.ts';

export type FieldList = readonly (readonly [name: string, value: string])[];

/** One stream, byte by byte: what is said here goes out as it is. */
export interface Http2Message {
  readonly name: string;
  readonly source: string;
  /** Pseudo-header fields too, in order. */
  readonly fields: FieldList;
  /** Latin1; absent when the stream ends with its head. */
  readonly body?: string;
  readonly trailers?: FieldList;
  /** Its end is never said. */
  readonly open?: boolean;
}

/**
 * - `expected`: of one request. A refusal may as well be a reset, by nghttp2, which finds more with each version.
 * - `anyCode`: HTTP/1.1 has another reason to refuse it, or none, so that the code is not compared.
 * - `otherwise`: what else may become of it; nghttp2 leaves a field out that it cannot read, and the rest is a request.
 */
export interface Http2Case extends Case, Http2Message {
  readonly anyCode?: boolean;
  readonly otherwise?: ForwardedRequest;
}

/** A request's pseudo-header fields; '' leaves one out. */
export function pseudo({ method = 'GET', scheme = 'http', authority = 'a', path = '/x' } = {}): FieldList {
  const all: FieldList = [
    [':method', method],
    [':scheme', scheme],
    [':authority', authority],
    [':path', path],
  ];
  return all.filter(([, value]) => value !== '');
}

export const GET = pseudo();
export const POST = pseudo({ method: 'POST' });

/** What a smuggler wants a node to read. */
export const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';

type Spelling = readonly [what: string, fields: FieldList, body?: string];

/** The same fault in many spellings. */
export function refusedAlike(code: RefusalCode, source: string, spellings: readonly Spelling[]): Http2Case[] {
  return spellings.map(([name, fields, body]) => ({
    name,
    source,
    fields,
    ...(body !== undefined && { body }),
    expected: [code],
  }));
}

/** A GET with these fields besides: refused, or forwarded without them. */
export function neverForwarded(source: string, fields: readonly (readonly [what: string, FieldList])[]): Http2Case[] {
  const otherwise = forwarded('GET', '/x', '', { lacks: ['x', 'y', 'transfer-encoding', 'content-length'] });
  return fields.map(([name, list]) => ({
    name,
    source,
    fields: [...GET, ...list],
    expected: ['bad_request'],
    anyCode: true,
    otherwise,
  }));
}
