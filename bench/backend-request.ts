/** Where one HTTP/1.1 request ends: just enough framing for a trusted peer, none of the checks that a proxy owes. */

export type BackendRequest = {
  /** Request line and header lines as received, latin1, without the empty line. */
  readonly head: string;
  /** The decoded body, empty when there is none. */
  readonly body: Buffer;
  /** The peer asked to close after the answer. */
  readonly close: boolean;
  /** Bytes of the buffer that belong to this request. */
  readonly end: number;
};

type Body = { readonly body: Buffer; readonly end: number };

const NO_BODY = Buffer.alloc(0);
const NOT_PLAIN = /\n(?:connection: *close|content-length:|transfer-encoding:)/i;
const CLOSE = /\nconnection: *close/i;
const LENGTH = /\ncontent-length: *(\d+)/i;
const CHUNKED = /\ntransfer-encoding: *chunked/i;

/** The first request in `bytes`, or undefined while its end has not arrived. Bodies are held in memory. */
export function readRequest(bytes: Buffer): BackendRequest | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const start = headEnd + 4;
  // One scan settles nearly every request: no body and no wish to close.
  if (!NOT_PLAIN.test(head)) return { head, body: NO_BODY, close: false, end: start };
  const found = CHUNKED.test(head)
    ? readChunks(bytes, start)
    : readLength(bytes, start, Number(LENGTH.exec(head)?.[1] ?? 0));
  return found && { head, body: found.body, close: CLOSE.test(head), end: found.end };
}

function readLength(bytes: Buffer, start: number, length: number): Body | undefined {
  const end = start + length;
  return bytes.length < end ? undefined : { body: bytes.subarray(start, end), end };
}

/** Decodes a chunked body; trailers are not expected from the peers and end the process loudly. */
function readChunks(bytes: Buffer, start: number): Body | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!(size >= 0)) throw new Error('a chunk without a size reached the backend');
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (bytes.toString('latin1', next - 2, next) !== '\r\n') throw new Error('a chunk that overruns its size');
    if (size === 0) return { body: Buffer.concat(chunks), end: next };
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
