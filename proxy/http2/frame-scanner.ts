/**
 * Cuts a byte stream into HTTP/2 frames without copying it: tells of each frame once its header is there, and of short
 * control frames once they are there as a whole (of GOAWAY, its first words). What a rule says `drop` to is left out of
 * what goes on.
 */
import { DATA, FRAME_HEADER, GOAWAY, PING, PRIORITY, RST_STREAM, WINDOW_UPDATE } from './frames.ts';

/** What is looked at: a header, and up to so much of the payload. */
const HELD = FRAME_HEADER + 8;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  /** Bytes of payload. */
  readonly length: number;
  /** The first four bytes of a control frame's payload, and the next, unsigned; 0 where they are not looked at. */
  readonly word: number;
  readonly next: number;
}

/** - `pass`. - `drop`: not dropped but with short control frames. - `stop`: nothing further goes on, this included. */
export type FrameVerdict = 'pass' | 'drop' | 'stop';

export class FrameScanner {
  readonly #rule: (frame: Frame) => FrameVerdict;
  /** A frame's beginning that came in an earlier piece, held back until it is judged. */
  readonly #held = Buffer.alloc(HELD);
  #heldLength = 0;
  /** Bytes of the present frame's payload that are still to come. */
  #left = 0;
  #stopped = false;
  readonly #frame = { type: 0, flags: 0, stream: 0, length: 0, word: 0, next: 0 };

  /** `rule` gets an object that is overwritten by the next frame. */
  constructor(rule: (frame: Frame) => FrameVerdict) {
    this.#rule = rule;
  }

  /** A frame has begun and not ended; but for the payload of DATA, which may take its time. */
  get inFrame(): boolean {
    return this.#heldLength > 0 || (this.#left > 0 && this.#frame.type !== DATA);
  }

  /** Between two frames. */
  get atBoundary(): boolean {
    return this.#heldLength === 0 && this.#left === 0;
  }

  /** Hands on what passes of a piece, in ranges; false once it has stopped. */
  feed(piece: Buffer, pass: (range: Buffer) => void): boolean {
    if (this.#stopped) return false;
    let position = 0;
    if (this.#heldLength > 0) {
      position = this.#fillHeld(piece, pass);
      if (position < 0) return !this.#stopped;
    }
    let start = position;
    while (position < piece.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, piece.length - position);
        this.#left -= step;
        position += step;
        continue;
      }
      const needed = neededAt(piece, position);
      if (piece.length - position < needed) {
        piece.copy(this.#held, 0, position);
        this.#heldLength = piece.length - position;
        break;
      }
      const verdict = this.#judge(piece, position, needed);
      if (verdict !== 'pass') {
        if (position > start) pass(piece.subarray(start, position));
        if (verdict === 'stop') return false;
        start = position + needed;
      }
      position += needed;
    }
    if (position > start) pass(start === 0 && position === piece.length ? piece : piece.subarray(start, position));
    return true;
  }

  /**
   * The position in `piece` after what completes the frame that is held; -1 when it is not complete yet, or stopped.
   */
  #fillHeld(piece: Buffer, pass: (range: Buffer) => void): number {
    let position = 0;
    let needed = neededOf(this.#held, this.#heldLength);
    while (this.#heldLength < needed && position < piece.length) {
      const taken = piece.copy(this.#held, this.#heldLength, position, position + needed - this.#heldLength);
      this.#heldLength += taken;
      position += taken;
      needed = neededOf(this.#held, this.#heldLength);
    }
    if (this.#heldLength < needed) return -1;
    this.#heldLength = 0;
    const verdict = this.#judge(this.#held, 0, needed);
    if (verdict === 'stop') return -1;
    if (verdict === 'pass') pass(Buffer.from(this.#held.subarray(0, needed)));
    return position;
  }

  #judge(bytes: Buffer, at: number, needed: number): FrameVerdict {
    const frame = this.#frame;
    frame.length = bytes.readUIntBE(at, 3);
    frame.type = bytes[at + 3] as number;
    frame.flags = bytes[at + 4] as number;
    frame.stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
    frame.word = needed > FRAME_HEADER ? bytes.readUInt32BE(at + FRAME_HEADER) : 0;
    frame.next = needed === HELD ? bytes.readUInt32BE(at + FRAME_HEADER + 4) : 0;
    this.#left = frame.length - (needed - FRAME_HEADER);
    const verdict = this.#rule(frame);
    if (verdict === 'stop') this.#stopped = true;
    // Of a longer frame the payload would go on without its header.
    return verdict === 'drop' && this.#left > 0 ? 'pass' : verdict;
  }
}

function neededOf(held: Buffer, length: number): number {
  return length < FRAME_HEADER ? FRAME_HEADER : neededAt(held, 0);
}

/** Bytes to have of a frame before it is judged. */
function neededAt(bytes: Buffer, at: number): number {
  if (bytes.length - at < FRAME_HEADER) return FRAME_HEADER;
  const length = bytes.readUIntBE(at, 3);
  switch (bytes[at + 3]) {
    case RST_STREAM:
    case WINDOW_UPDATE:
      return length === 4 ? FRAME_HEADER + 4 : FRAME_HEADER;
    case PRIORITY:
      return length === 5 ? FRAME_HEADER + 5 : FRAME_HEADER;
    case PING:
      return length === 8 ? HELD : FRAME_HEADER;
    case GOAWAY:
      return length >= 8 ? HELD : FRAME_HEADER;
    default:
      return FRAME_HEADER;
  }
}
