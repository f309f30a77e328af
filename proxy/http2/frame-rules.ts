/**
 * What the frames of one connection have to keep to beyond what nghttp2 looks at, which differs between versions of
 * Node.js: closed streams stay closed, windows do not overflow, and frames that are no request and no answer are
 * limited in number. A breach ends the connection.
 */
import { Allowance } from './allowance.ts';
import type { Http2Fault } from './faults.ts';
import type { Frame, FrameVerdict } from './frame-scanner.ts';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FIRST_WINDOW,
  FLOW_CONTROL_ERROR,
  GOAWAY,
  HEADERS,
  MAX_WINDOW,
  NO_ERROR,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  RST_STREAM,
  SETTINGS,
  STREAM_CLOSED,
  WINDOW_UPDATE,
} from './frames.ts';

/** Frames that carry nothing: a browser sends a handful for each stream, which earns them. */
const CONTROL_BURST = 500;
const CONTROL_PER_SECOND = 50;
const EARNED_BY_STREAM = 4;
/** A client opens its windows again as it takes what it gets. */
const EARNED_BY_DATA = 2;
/**
 * A page that is left cancels all that it waits for, at most as many streams as there may be, and another one soon
 * after.
 */
const RESETS_PER_STREAM = 2;
const RESETS_PER_SECOND = 20;
/** Streams that were reset here and of which the client may still send what was under way. */
const RESET_REMEMBERED = 256;

export interface FrameLimits {
  /** Bytes of one header block, compressed. */
  readonly headerBlock: number;
  /** At once. */
  readonly streams: number;
}

export class FrameRules {
  fault: Http2Fault | undefined;
  /**
   * With which error code the connection has to end (RFC 9113 §7), or ends already by nghttp2; NO_ERROR while it need
   * not.
   */
  verdict = NO_ERROR;
  /** The highest that the client has opened. */
  lastStream = 0;
  /** The client has been told, of whatever end. */
  saidGoaway = false;
  readonly #limits: FrameLimits;
  readonly #clock: { readonly now: number };
  readonly #control: Allowance;
  readonly #resets: Allowance;
  /** The ids [from, to] that the client has skipped last: they count as closed and never were open. */
  #skippedFrom = 0;
  #skippedTo = 0;
  /** Streams on which the client may still say something. */
  readonly #open = new Set<number>();
  /** Those that were reset here, oldest first. */
  readonly #reset = new Set<number>();
  /** Stream of the header block that is coming; 0 for none. */
  #blockOf = 0;
  #blockLength = 0;
  /** Of SETTINGS that were sent. */
  #unacknowledged = 0;
  /** What may be sent to the client on all streams together. */
  #window = FIRST_WINDOW;

  /** `clock`: in ms, monotonic. */
  constructor(limits: FrameLimits, clock: { readonly now: number }) {
    this.#limits = limits;
    this.#clock = clock;
    this.#control = new Allowance(CONTROL_BURST, CONTROL_PER_SECOND, clock.now);
    this.#resets = new Allowance(RESETS_PER_STREAM * limits.streams, RESETS_PER_SECOND, clock.now);
  }

  /** A header block has begun and not ended. */
  get inBlock(): boolean {
    return this.#blockOf !== 0;
  }

  /** For a frame of the client. What is left to nghttp2, it answers as RFC 9113 says. */
  inbound(frame: Frame): FrameVerdict {
    // Also what was found among the frames sent.
    if (this.fault !== undefined) return 'stop';
    // Nothing may come between the parts of a header block (RFC 9113 §4.3): nghttp2 ends the connection.
    if (this.#blockOf !== 0 && (frame.type !== CONTINUATION || frame.stream !== this.#blockOf)) return 'pass';
    switch (frame.type) {
      case DATA:
        return this.#data(frame);
      case HEADERS:
        return this.#headers(frame);
      case CONTINUATION:
        return this.#blockOf === 0 ? 'pass' : this.#block(frame);
      case RST_STREAM:
        return this.#resetByClient(frame);
      case WINDOW_UPDATE:
        return this.#windowUpdate(frame);
      case PRIORITY:
        return this.#priority(frame);
      case PING:
        // No PING is sent, so none is acknowledged; nghttp2 would be asked to end the connection.
        return this.#spend((frame.flags & ACK) !== 0 && frame.stream === 0 ? 'drop' : 'pass');
      case SETTINGS:
        if ((frame.flags & ACK) !== 0 && --this.#unacknowledged < 0) return this.#breach('protocol', PROTOCOL_ERROR);
        return this.#spend('pass');
      default:
        return this.#spend('pass');
    }
  }

  /** For a frame that is sent. A fault that is found by it stops what the client sends next. */
  outbound(frame: Frame): FrameVerdict {
    if (frame.type === DATA) {
      this.#window -= frame.length;
      this.#control.earn(EARNED_BY_DATA);
    } else if (frame.type === RST_STREAM) {
      if (this.#open.delete(frame.stream)) this.#remember(frame.stream);
      // Whatever made the server reset it, the client made the server do it (MadeYouReset). An answer that needs no
      // more of its request ends so as well, without an error.
      if (frame.word !== NO_ERROR && !this.#resets.spend(this.#clock.now)) this.#breach('resets', ENHANCE_YOUR_CALM);
    } else if (frame.type === GOAWAY) {
      this.saidGoaway = true;
      this.verdict ||= frame.next;
    } else if (frame.type === SETTINGS && (frame.flags & ACK) === 0) this.#unacknowledged++;
    return 'pass';
  }

  #data({ flags, stream, length }: Frame): FrameVerdict {
    const ends = (flags & END_STREAM) !== 0;
    if (this.#open.has(stream)) {
      if (ends) this.#open.delete(stream);
      return length > 0 || ends ? 'pass' : this.#spend('pass');
    }
    if (this.#reset.has(stream)) {
      if (ends) this.#reset.delete(stream);
      return 'pass';
    }
    return this.#wasOpened(stream) ? this.#breach('protocol', STREAM_CLOSED) : 'pass';
  }

  #headers(frame: Frame): FrameVerdict {
    const { flags, stream } = frame;
    const ends = (flags & END_STREAM) !== 0;
    // Of an even number, or 0: left to nghttp2.
    if (stream % 2 === 0) return 'pass';
    if (stream > this.lastStream) {
      if (stream > this.lastStream + 2) {
        this.#skippedFrom = this.lastStream + 1;
        this.#skippedTo = stream - 1;
      }
      this.lastStream = stream;
      if (!ends) this.#open.add(stream);
      this.#control.earn(EARNED_BY_STREAM);
    } else if (this.#open.has(stream)) {
      if (ends) this.#open.delete(stream);
    } else if (this.#reset.has(stream)) {
      if (ends) this.#reset.delete(stream);
    } else {
      const skipped = stream >= this.#skippedFrom && stream <= this.#skippedTo;
      return this.#breach('protocol', skipped ? PROTOCOL_ERROR : STREAM_CLOSED);
    }
    this.#blockLength = 0;
    return this.#block(frame);
  }

  #block({ flags, stream, length }: Frame): FrameVerdict {
    this.#blockLength += length;
    this.#blockOf = (flags & END_HEADERS) === 0 ? stream : 0;
    // The block cannot be left out: what it adds to the table of names is needed by those that follow.
    if (this.#blockLength > this.#limits.headerBlock) return this.#breach('head', ENHANCE_YOUR_CALM);
    return length > 0 ? 'pass' : this.#spend('pass');
  }

  #resetByClient({ stream }: Frame): FrameVerdict {
    this.#open.delete(stream);
    this.#reset.delete(stream);
    return this.#resets.spend(this.#clock.now) ? 'pass' : this.#breach('resets', ENHANCE_YOUR_CALM);
  }

  #windowUpdate({ stream, word }: Frame): FrameVerdict {
    if (stream === 0) {
      this.#window += word & MAX_WINDOW;
      if (this.#window > MAX_WINDOW) return this.#breach('protocol', FLOW_CONTROL_ERROR);
    }
    return this.#spend('pass');
  }

  /** Priorities of RFC 7540 are not followed (RFC 9113 §5.3.2). */
  #priority({ stream, length, word }: Frame): FrameVerdict {
    if (length !== 5) return 'pass';
    if (stream === 0 || (word & MAX_WINDOW) === stream) return this.#breach('protocol', PROTOCOL_ERROR);
    return this.#spend('drop');
  }

  #wasOpened(stream: number): boolean {
    return stream % 2 === 1 && stream <= this.lastStream;
  }

  #remember(stream: number): void {
    this.#reset.add(stream);
    if (this.#reset.size <= RESET_REMEMBERED) return;
    for (const oldest of this.#reset) {
      this.#reset.delete(oldest);
      break;
    }
  }

  #spend(verdict: FrameVerdict): FrameVerdict {
    return this.#control.spend(this.#clock.now) ? verdict : this.#breach('flood', ENHANCE_YOUR_CALM);
  }

  #breach(fault: Http2Fault, code: number): 'stop' {
    this.fault ??= fault;
    this.verdict ||= code;
    return 'stop';
  }
}
