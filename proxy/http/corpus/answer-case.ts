/** The corpus of answers: what a node sends, well or badly, and what may reach the client of it. */

export interface AnswerCase {
  readonly name: string;
  readonly source: string;
  readonly asks: Asks;
  /** What the node sends as soon as it has the head of the request, latin1. */
  readonly bytes: string;
  /** Whether the node then closes its side. */
  readonly closes: boolean;
  readonly expected: AnswerOutcome;
}

/**
 * What the client asks; each version of HTTP has its own way to say so.
 * - `upgrade`: a WebSocket.
 * - `post`: a body comes along.
 * - `upload`: some of a body comes along, and the rest never.
 * - `expecting`: a body that waits for a 100, and comes along all the same.
 * - `get-1.0`, `head-1.0`: of an HTTP/1.0 client that closes.
 */
export type Asks = 'get' | 'head' | 'upgrade' | 'post' | 'upload' | 'expecting' | 'get-1.0' | 'head-1.0';

export function methodOf(asks: Asks): 'GET' | 'HEAD' | 'POST' {
  if (asks.startsWith('head')) return 'HEAD';
  return asks.startsWith('get') || asks === 'upgrade' ? 'GET' : 'POST';
}

/**
 * - `node_answer_invalid`, `node_failed`: the client gets that 502.
 * - `cut-off`: the head was sent already, so the client must see the connection break.
 */
export type AnswerOutcome = 'node_answer_invalid' | 'node_failed' | 'cut-off' | DeliveredAnswer;

export interface DeliveredAnswer {
  readonly status: number;
  readonly body: string;
  /** Status codes of interim answers that come before it. */
  readonly interim: readonly number[];
  /** Field lines of the final answer that the client gets exactly so, in this order. */
  readonly has: readonly string[];
  /** Names, lower case, of fields that it does not get. */
  readonly lacks: readonly string[];
  /** Field lines behind a chunked body. */
  readonly trailers: readonly string[];
  /** The client gets the very bytes that the node sent. */
  readonly verbatim: boolean;
  /** Whether the node's connection carries another request afterwards. */
  readonly reused: boolean;
  /** The client's connection ends with the answer, which says so. */
  readonly ends: boolean;
}

/** An answer with these lines, the status line first, without line ends. */
export function answer(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export function delivered(status: number, body: string, rest: Partial<DeliveredAnswer> = {}): DeliveredAnswer {
  return {
    status,
    body,
    interim: [],
    has: [],
    lacks: [],
    trailers: [],
    verbatim: false,
    reused: true,
    ends: false,
    ...rest,
  };
}

type Spelling = readonly [what: string, bytes: string];

/** Answers of the same kind: `[what, bytes]` each, all with the same outcome. */
export function answersAlike(
  expected: AnswerOutcome,
  source: string,
  spellings: readonly Spelling[],
  { asks = 'get', closes = false }: { asks?: Asks; closes?: boolean } = {},
): AnswerCase[] {
  return spellings.map(([name, bytes]) => ({ name, source, asks, bytes, closes, expected }));
}
