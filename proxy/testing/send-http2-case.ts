/** Sends a case of the corpus over HTTP/2, in literals that say any byte, and reads its answer. */
import assert from 'node:assert/strict';
import type { Case } from '../http/corpus/case.ts';
import type { Http2Case, Http2Message } from '../http2/corpus/case.ts';
import { DATA, END_STREAM, GOAWAY, HEADERS, NO_ERROR, RST_STREAM } from '../http2/frames.ts';
import type { CaseAnswer } from './corpus-plane.ts';
import { dataFrame, headerBlock, headersFrame, headersInPieces, opening, pseudo } from './http2-frames.ts';
import { statusOf } from './http2-status.ts';
import { RawClient } from './raw-client.ts';
import { RawHttp2Client, type ReceivedFrame } from './raw-http2-client.ts';

/** Of a frame (RFC 9113 §6.5.2). */
const FRAME_SIZE = 16_384;
const STREAM = 1;
const NEXT = 3;

/** Its final answer; none when the stream, or the connection with it, is reset. The next stream must be served. */
export async function sendHttp2Case(port: number, message: Http2Message): Promise<CaseAnswer[]> {
  const client = new RawHttp2Client(await RawClient.open(port));
  try {
    client.send(opening(), ...framesOf(message));
    const answer = await client.until(answerIn);
    const goes = () => client.frames.some(({ type }) => type === GOAWAY);
    if (!goes()) {
      // Answered by the proxy itself.
      client.send(headersFrame(NEXT, pseudo({ path: '/health' })));
      await client.body(NEXT).catch((error: unknown) => assert.ok(goes(), String(error)));
    }
    return answer === 'reset' ? [] : [answer];
  } finally {
    client.raw.close();
  }
}

function framesOf({ fields, body, trailers, open = false }: Http2Message): Buffer[] {
  const frames: Buffer[] = [];
  const more = body !== undefined || trailers !== undefined || open;
  frames.push(headersInPieces(STREAM, headerBlock(fields), FRAME_SIZE, { ends: !more }));
  if (body !== undefined) {
    for (let at = 0; at === 0 || at < body.length; at += FRAME_SIZE) {
      const last = at + FRAME_SIZE >= body.length && trailers === undefined && !open;
      frames.push(dataFrame(STREAM, body.slice(at, at + FRAME_SIZE), { ends: last }));
    }
  }
  if (trailers !== undefined) frames.push(headersFrame(STREAM, trailers));
  return frames;
}

function answerIn(frames: readonly ReceivedFrame[]): CaseAnswer | 'reset' | undefined {
  let status = 0;
  let body = '';
  for (const { type, stream, flags, payload } of frames) {
    if (type === GOAWAY && payload.readUInt32BE(4) !== NO_ERROR) return 'reset';
    if (stream !== STREAM) continue;
    if (type === RST_STREAM) {
      assert.notEqual(payload.readUInt32BE(0), NO_ERROR, 'without an answer it is an error');
      return 'reset';
    }
    if (type === HEADERS && status < 200) status = statusOf(payload);
    if (type === DATA) body += payload.toString('latin1');
    if ((type === HEADERS || type === DATA) && (flags & END_STREAM) !== 0) return { status, body };
  }
  return undefined;
}

/** Of the outcomes that are right for a case, the one that these answers belong to. */
export function outcomeOf(
  { expected, anyCode = false, otherwise }: Http2Case,
  [answer]: readonly CaseAnswer[],
): Case['expected'] {
  if (typeof expected[0] !== 'string') return expected;
  if (answer === undefined) return [];
  if (answer.status === 200 && otherwise !== undefined) return [otherwise];
  return anyCode && answer.status >= 400 ? [JSON.parse(answer.body).error.code] : expected;
}
