/**
 * The corpus: hostile, odd and ordinary requests as data. `corpus.test.ts` feeds them to the parser at every split,
 * `proxy/traffic/hostile-requests.test.ts` sends them through the whole proxy, and `proxy/fuzz/` mutates them.
 */
import type { RefusalCode } from '../refusals.ts';

/** What holds of a case over any version of HTTP; how a request is written is that version's own affair. */
export interface Case {
  /** What is odd about it; part of the test's name. */
  readonly name: string;
  /** Where the rule comes from: an RFC section, an advisory, published research. */
  readonly source: string;
  /** The peer is a listed proxy (`forwarding.trustedProxies`). */
  readonly trusted?: boolean;
  /** What becomes of each request, in order. Nothing follows a refusal. */
  readonly expected: readonly Outcome[];
}

/** Over HTTP/1.1. After a refusal the connection is closed, and else it is kept unless the case says that it closes. */
export interface RequestCase extends Case {
  /** What the client sends, latin1. */
  readonly bytes: string;
  /** The connection is closed behind the last answer. */
  readonly closes?: boolean;
}

export type Outcome = ForwardedRequest | OwnAnswer | RefusalCode;

interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

/** What a node reads. */
export interface ForwardedRequest extends SeenRequest {
  /** Field lines that it gets exactly so, name in the letter case that was sent. */
  readonly has?: readonly string[];
  /** Names, lower case, of fields that it does not get. */
  readonly lacks?: readonly string[];
  /** All bytes of its head, where every one counts. */
  readonly head?: string;
  /** Field lines behind a chunked body. */
  readonly trailers?: readonly string[];
}

/** Answered by the proxy with this status: no node hears of it. */
export interface OwnAnswer extends SeenRequest {
  readonly status: number;
}

type Fields = Pick<ForwardedRequest, 'has' | 'lacks' | 'head' | 'trailers'>;

export function forwarded(method: string, target: string, body = '', fields: Fields = {}): ForwardedRequest {
  return { method, target, body, trailers: [], ...fields };
}

/** A request with these lines: the request line first, without line ends. */
export function request(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

type Spelling = readonly [what: string, bytes: string];

/** The same in many spellings: one case for each, all with the same outcome. */
export function alike(expected: Case['expected'], source: string, spellings: readonly Spelling[]): RequestCase[] {
  return spellings.map(([name, bytes]) => ({ name, source, bytes, expected }));
}

/** The same fault in many spellings. */
export function refusedAlike(code: RefusalCode, source: string, spellings: readonly Spelling[]): RequestCase[] {
  return alike([code], source, spellings);
}

/** Faults whose advisories differ: `[source, what, bytes]` each. */
export function refusedFor(
  code: RefusalCode,
  faults: readonly (readonly [source: string, ...spelling: Spelling])[],
): RequestCase[] {
  return faults.map(([source, name, bytes]) => ({ name, source, bytes, expected: [code] }));
}
