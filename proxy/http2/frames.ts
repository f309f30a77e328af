/** What HTTP/2 frames are made of (RFC 9113 §4 and §6). */

/** What a client says first (RFC 9113 §3.4). No method of HTTP/1.1 begins like it. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Length, type, flags and stream. */
export const FRAME_HEADER = 9;

export const DATA = 0x0;
export const HEADERS = 0x1;
export const PRIORITY = 0x2;
export const RST_STREAM = 0x3;
export const SETTINGS = 0x4;
export const PING = 0x6;
export const GOAWAY = 0x7;
export const WINDOW_UPDATE = 0x8;
export const CONTINUATION = 0x9;

export const END_STREAM = 0x1;
/** The same bit, of SETTINGS and PING. */
export const ACK = 0x1;
export const END_HEADERS = 0x4;

export const NO_ERROR = 0x0;
export const PROTOCOL_ERROR = 0x1;
export const INTERNAL_ERROR = 0x2;
export const FLOW_CONTROL_ERROR = 0x3;
export const STREAM_CLOSED = 0x5;
export const CANCEL = 0x8;
export const ENHANCE_YOUR_CALM = 0xb;

/** Of a connection or stream before anything is said (RFC 9113 §6.9.2). */
export const FIRST_WINDOW = 65_535;
export const MAX_WINDOW = 2 ** 31 - 1;
export const MAX_STREAM_ID = 2 ** 31 - 1;

/** RFC 9113 §6.8. */
export function goawayFrame(lastStream: number, code: number): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER + 8);
  frame.writeUIntBE(8, 0, 3);
  frame[3] = GOAWAY;
  frame.writeUInt32BE(lastStream, FRAME_HEADER);
  frame.writeUInt32BE(code, FRAME_HEADER + 4);
  return frame;
}
