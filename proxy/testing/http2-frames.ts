/** HTTP/2 frames byte by byte, right or wrong (RFC 9113), with header blocks that need no state (RFC 7541 §6.2.2). */
import { type FieldList, pseudo as pseudoFields } from '../http2/corpus/case.ts';
import { CONTINUATION, DATA, FRAME_HEADER, HEADERS, PREFACE, RST_STREAM, SETTINGS } from '../http2/frames.ts';

export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(FRAME_HEADER);
  head.writeUIntBE(bytes.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, bytes]);
}

/** What a client says first. */
export function opening(settings: readonly (readonly [id: number, value: number])[] = []): Buffer {
  return Buffer.concat([PREFACE, settingsFrame(settings)]);
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  settings.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(SETTINGS, 0, 0, payload);
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Literals that are not indexed and not Huffman-coded: any byte may stand in them. */
export function headerBlock(fields: FieldList): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  return Buffer.concat([integer(text.length, 7), Buffer.from(text, 'latin1')]);
}

/** With a prefix of so many bits (RFC 7541 §5.1). */
function integer(value: number, bits: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.of(value);
  const bytes = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A request's pseudo-header fields, by default of one for the root; '' leaves one out. */
export function pseudo(parts: Parameters<typeof pseudoFields>[0] = {}): FieldList {
  return pseudoFields({ authority: 'a.example', path: '/', ...parts });
}

/** A head in one frame; `ends`: without a body. */
export function headersFrame(stream: number, fields: FieldList = pseudo(), { ends = true } = {}): Buffer {
  return frame(HEADERS, ends ? 0x5 : 0x4, stream, headerBlock(fields));
}

/** A head in a HEADERS frame and as many CONTINUATION frames as it takes. */
export function headersInPieces(stream: number, block: Buffer, size: number, { ends = true } = {}): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length || at === 0; at += size) {
    const last = at + size >= block.length ? 0x4 : 0;
    const flags = at === 0 && ends ? last | 0x1 : last;
    frames.push(frame(at === 0 ? HEADERS : CONTINUATION, flags, stream, block.subarray(at, at + size)));
  }
  return Buffer.concat(frames);
}

export function dataFrame(stream: number, data: Buffer | string, { ends = false } = {}): Buffer {
  return frame(DATA, ends ? 0x1 : 0, stream, data);
}

export function resetFrame(stream: number, code = 0x8): Buffer {
  return frame(RST_STREAM, 0, stream, word(code));
}
