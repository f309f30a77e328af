/** A client that says exactly the frames it is given, acknowledges nothing, and keeps every frame that it gets. */
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { DATA, END_STREAM, FRAME_HEADER, GOAWAY, HEADERS, RST_STREAM } from '../http2/frames.ts';
import { opening } from './http2-frames.ts';
import { STATIC_STATUSES } from './http2-status.ts';
import { RawClient } from './raw-client.ts';

export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export class RawHttp2Client {
  readonly raw: RawClient;

  constructor(raw: RawClient) {
    this.raw = raw;
  }

  get socket(): Socket {
    return this.raw.socket;
  }

  /** All that came as a whole so far. */
  get frames(): readonly ReceivedFrame[] {
    const bytes = Buffer.from(this.raw.received, 'latin1');
    const frames: ReceivedFrame[] = [];
    for (let at = 0; at + FRAME_HEADER <= bytes.length; ) {
      const end = at + FRAME_HEADER + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      frames.push({
        type: bytes[at + 3] as number,
        flags: bytes[at + 4] as number,
        stream: bytes.readUInt32BE(at + 5),
        payload: bytes.subarray(at + FRAME_HEADER, end),
      });
      at = end;
    }
    return frames;
  }

  send(...frames: readonly Buffer[]): void {
    this.raw.send(Buffer.concat(frames));
  }

  /** Resolves to what is found among the frames; rejects when the connection ends without. */
  async until<T>(look: (frames: readonly ReceivedFrame[]) => T | undefined): Promise<T> {
    let found: T | undefined;
    await this.raw.until(() => {
      found = look(this.frames);
      return found !== undefined;
    });
    return found as T;
  }

  /** The status of a stream's answer, 0 for one that is not in the table; or with which code it was reset. */
  outcome(stream: number): Promise<{ readonly status: number } | { readonly reset: number }> {
    return this.until((frames) => {
      for (const { type, stream: of, payload } of frames) {
        if (of !== stream) continue;
        if (type === HEADERS) return { status: STATIC_STATUSES[payload[0] as number] ?? 0 };
        if (type === RST_STREAM) return { reset: payload.readUInt32BE(0) };
      }
      return undefined;
    });
  }

  /** The whole body of a stream's answer, latin1. */
  body(stream: number): Promise<string> {
    return this.until((frames) => {
      const data = frames.filter(({ type, stream: of }) => type === DATA && of === stream);
      const ends = frames.some(({ flags, type, stream: of }) => of === stream && type <= HEADERS && flags & END_STREAM);
      return ends ? Buffer.concat(data.map(({ payload }) => payload)).toString('latin1') : undefined;
    });
  }

  /** The error code with which the proxy ends the connection; rejects when it ends without. */
  goaway(): Promise<number> {
    return this.until((frames) => frames.find(({ type }) => type === GOAWAY)?.payload.readUInt32BE(4));
  }
}

/** Has said its preface; ends with the test. */
export async function http2ClientFor(
  t: TestContext,
  { port }: { readonly port: number },
  first: Buffer = opening(),
): Promise<RawHttp2Client> {
  const raw = await RawClient.open(port);
  t.after(() => raw.close());
  const client = new RawHttp2Client(raw);
  client.send(first);
  return client;
}

/** A listener without TLS where HTTP/2 may be spoken. */
export const HTTP2_LISTENER = { port: 0, http2: true };
