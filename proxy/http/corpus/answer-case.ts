/** The corpus of answers: what a node sends, well or badly, and what may reach the client of it. */

export interface AnswerCase {
  readonly name: string;
  readonly source: string;
  /** What the client asks; a plain GET unless it matters. */
  readonly request: string;
  /** What the node sends, latin1. */
  readonly bytes: string;
  /** Whether the node then closes its side. */
  readonly closes: boolean;
  readonly expected: AnswerOutcome;
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
  /** Whether the node's connection carries another request afterwards. */
  readonly reused: boolean;
}

export const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
export const HEAD = 'HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n';
export const UPGRADE = 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** An answer with these lines, the status line first, without line ends. */
export function answer(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export function delivered(status: number, body: string, rest: Partial<DeliveredAnswer> = {}): DeliveredAnswer {
  return { status, body, interim: [], has: [], lacks: [], reused: true, ...rest };
}

/** Answers of the same kind: `[what, bytes]` each, all with the same outcome. */
export function answersAlike(
  expected: AnswerOutcome,
  source: string,
  spellings: readonly (readonly [what: string, bytes: string])[],
  { request = GET, closes = false }: { request?: string; closes?: boolean } = {},
): AnswerCase[] {
  return spellings.map(([name, bytes]) => ({ name, source, request, bytes, closes, expected }));
}
