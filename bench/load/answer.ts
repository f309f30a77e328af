/** Finds where one HTTP/1.1 answer ends: the client's side of the framing rules (RFC 9112 §6.3) that the peers use. */

export type LoadAnswer = {
  readonly status: number;
  /** The server closes the connection after this answer. */
  readonly close: boolean;
  /** Bytes of the buffer that belong to this answer. */
  readonly end: number;
};

const LENGTH = /\ncontent-length: *(\d+)/i;
const CHUNKED = /\ntransfer-encoding: *chunked/i;
const CLOSE = /\nconnection: *close/i;

/** The first answer in `bytes`, or undefined while its end has not arrived. Throws on an answer without framing. */
export function readAnswer(bytes: Buffer): LoadAnswer | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const end = bodyEnd(bytes, headEnd + 4, head);
  if (end === undefined || end > bytes.length) return undefined;
  return { status: Number(head.slice(9, 12)), close: CLOSE.test(head), end };
}

function bodyEnd(bytes: Buffer, start: number, head: string): number | undefined {
  const length = LENGTH.exec(head)?.[1];
  if (length !== undefined) return start + Number(length);
  if (!CHUNKED.test(head)) throw new Error(`an answer without Content-Length and not chunked:\n${head}`);
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size >= 0)) throw new Error('a chunk without a size');
    at = lineEnd + 2 + size + 2;
    if (size === 0) return at;
  }
}
