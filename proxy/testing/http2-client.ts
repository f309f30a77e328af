/** An ordinary client of HTTP/2, that of Node.js. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { TestContext } from 'node:test';

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  /** Latin1. */
  readonly body: string;
}

/** Ends with the test. */
export function sessionFor(t: TestContext, { port }: { readonly port: number }, secure = false): ClientHttp2Session {
  const session = connect(`${secure ? 'https' : 'http'}://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    // MB, what is written and waits included: above it answers are reset.
    maxSessionMemory: 100,
  });
  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

/** A request that has begun; without a body unless the caller writes one. */
export function begin(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}, endStream = true) {
  const stream = session.request({ ':path': '/', ...headers }, { endStream });
  stream.on('error', () => {});
  return stream;
}

/** Rejects when the stream is reset. */
export async function answerTo(stream: ClientHttp2Stream): Promise<Http2Answer> {
  let trailers: IncomingHttpHeaders = {};
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & { readonly ':status'?: number }];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  if (stream.rstCode !== 0) throw new Error(`reset with ${stream.rstCode}`);
  return { status: headers[':status'] ?? 0, headers, trailers, body: Buffer.concat(chunks).toString('latin1') };
}

export function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}, body?: string) {
  const stream = begin(session, headers, body === undefined);
  if (body !== undefined) stream.end(body, 'latin1');
  return answerTo(stream);
}

/** The code that the stream was reset with, when it is over. */
export async function resetCode(stream: ClientHttp2Stream): Promise<number> {
  stream.resume();
  // Not `once`, which rejects for the error that is waited for.
  if (!stream.destroyed) await new Promise((resolve) => stream.once('close', resolve));
  return stream.rstCode;
}
