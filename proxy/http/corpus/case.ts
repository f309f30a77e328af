/**
 * The corpus: hostile, odd and ordinary requests as data. `corpus.test.ts` feeds them to the parser at every split,
 * `differential.test.ts` mutates them, and `traffic/hostile-requests.test.ts` sends them through the whole proxy.
 */
import type { RefusalCode } from '../refusals.ts';

export interface RequestCase {
  /** What is odd about it; part of the test's name. */
  readonly name: string;
  /** Where the rule comes from: an RFC section, an advisory, published research. */
  readonly source: string;
  /** What the client sends, latin1. */
  readonly bytes: string;
  /** What becomes of each request in the bytes, in order. Nothing follows a refusal: it closes the connection. */
  readonly expected: readonly Outcome[];
}

export type Outcome = ForwardedRequest | RefusalCode;

/** What a node reads. */
export interface ForwardedRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  /** Field lines that it gets exactly so, name in the letter case that was sent. */
  readonly has?: readonly string[];
  /** Names, lower case, of fields that it does not get. */
  readonly lacks?: readonly string[];
}

type Fields = Pick<ForwardedRequest, 'has' | 'lacks'>;

export function forwarded(method: string, target: string, body = '', fields: Fields = {}): ForwardedRequest {
  return { method, target, body, ...fields };
}

/** A request with these lines: the request line first, without line ends. */
export function request(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** The same fault in many spellings: one case for each `[what, bytes]`, all with the same outcome. */
export function refusedAlike(
  code: RefusalCode,
  source: string,
  spellings: readonly (readonly [what: string, bytes: string])[],
): RequestCase[] {
  return spellings.map(([name, bytes]) => ({ name, source, bytes, expected: [code] }));
}
