/** WebSocket frames of one whole binary message (RFC 6455 §5.2), as client and node of the benchmark exchange them. */

const FINAL_BINARY = 0x82;
const MASKED = 0x80;
const CLOSE = 0x8;
/** Any key will do; this one changes every byte. */
const KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

export type Frame = {
  /** Unmasked, in memory of its own. */
  readonly payload: Buffer;
  readonly close: boolean;
  /** Bytes of the buffer that belong to this frame. */
  readonly end: number;
};

/** As a client must send it. */
export function maskedFrame(payload: Buffer): Buffer {
  const masked = Buffer.from(payload);
  mask(masked, KEY);
  return Buffer.concat([frameHead(payload.length, MASKED), KEY, masked]);
}

/** As a server must send it. */
export function plainFrame(payload: Buffer): Buffer {
  return Buffer.concat([frameHead(payload.length, 0), payload]);
}

/** The first frame in `bytes`, or undefined while its end has not arrived. */
export function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const lengthEnd = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < lengthEnd) return undefined;
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  const masked = (bytes.readUInt8(1) & MASKED) !== 0;
  const start = lengthEnd + (masked ? KEY.length : 0);
  const end = start + length;
  if (bytes.length < end) return undefined;
  const payload = Buffer.from(bytes.subarray(start, end));
  if (masked) mask(payload, bytes.subarray(lengthEnd, start));
  return { payload, close: (bytes.readUInt8(0) & 0xf) === CLOSE, end };
}

function frameHead(length: number, flag: number): Buffer {
  if (length < 126) return Buffer.from([FINAL_BINARY, flag | length]);
  const long = length > 0xffff;
  const head = Buffer.alloc(long ? 10 : 4);
  head.writeUInt8(FINAL_BINARY, 0);
  head.writeUInt8(flag | (long ? 127 : 126), 1);
  if (long) head.writeBigUInt64BE(BigInt(length), 2);
  else head.writeUInt16BE(length, 2);
  return head;
}

/** In place; the same again takes it off (§5.3). */
function mask(payload: Buffer, key: Buffer): void {
  for (let at = 0; at < payload.length; at++) payload[at] = (payload[at] ?? 0) ^ (key[at & 3] ?? 0);
}
