/** The requests of the answer corpus over HTTP/2, and how the client of Node.js reads what comes. */
import assert from 'node:assert/strict';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import type { Asks, DeliveredAnswer } from '../http/corpus/answer-case.ts';
import { NO_ERROR } from '../http2/frames.ts';

export interface Http2Reading {
  status: number;
  readonly interim: number[];
  /** `name: value` in order. */
  lines: readonly string[];
  /** Latin1. */
  body: string;
  trailers: readonly string[];
  /** Of a request that has ended, any other than NO_ERROR came before the answer's end: then the stream was closed. */
  reset: number;
}

/** HTTP/2 has no fields for these (RFC 9113 §8.2.2). */
const OF_CONNECTIONS = /^(?:connection|http2-settings|keep-alive|proxy-connection|te|transfer-encoding|upgrade):/;

const REQUESTS: Readonly<Record<Asks, readonly [OutgoingHttpHeaders, body?: string]>> = {
  get: [{}],
  head: [{ ':method': 'HEAD' }],
  upgrade: [{ ':method': 'CONNECT', ':protocol': 'websocket' }],
  post: [{ ':method': 'POST', 'content-length': 5 }, 'hello'],
  upload: [{ ':method': 'POST', 'content-length': 50 }, 'hello'],
  expecting: [{ ':method': 'POST', 'content-length': 5, expect: '100-continue' }, 'hello'],
  'get-1.0': [{}],
  'head-1.0': [{ ':method': 'HEAD' }],
};

/** Resolves when the stream is over. */
export async function askHttp2(session: ClientHttp2Session, asks: Asks, path = '/x'): Promise<Http2Reading> {
  const [fields, body] = REQUESTS[asks];
  const open = asks === 'upgrade' || asks === 'upload';
  const headers = { ':scheme': 'http', ':path': path, ...fields };
  const stream = session.request(headers, { endStream: body === undefined && !open });
  const reading = readingOf(stream);
  if (body !== undefined) stream.write(body, 'latin1');
  if (body !== undefined && !open) stream.end();
  // Not `once`, which rejects for a reset.
  await new Promise((resolve) => stream.once('close', resolve));
  reading.reset = stream.rstCode ?? NO_ERROR;
  return reading;
}

function readingOf(stream: ClientHttp2Stream): Http2Reading {
  const reading: Http2Reading = {
    status: 0,
    interim: [],
    lines: [],
    body: '',
    trailers: [],
    reset: NO_ERROR,
  };
  stream.on('error', () => {});
  stream.on('headers', (fields) => reading.interim.push(statusOf(fields)));
  // With the raw list behind them, which the types of Node.js do not know.
  stream.on('response', (fields, _flags, list?: readonly string[]) => {
    reading.status = statusOf(fields);
    reading.lines = linesOf(list).filter((line) => !line.startsWith(':'));
  });
  stream.on('trailers', (_fields, _flags, list?: readonly string[]) => {
    reading.trailers = linesOf(list);
  });
  stream.on('data', (chunk: Buffer) => {
    reading.body += chunk.toString('latin1');
  });
  return reading;
}

function statusOf(fields: IncomingHttpHeaders): number {
  return Number(fields[':status']);
}

function linesOf(list: readonly string[] = []): string[] {
  const lines: string[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) lines.push(`${list[i]}: ${list[i + 1]}`);
  return lines;
}

/** What HTTP/1.1 delivers, but for what is that version's own. */
export function assertReadHttp2(read: Http2Reading, expected: DeliveredAnswer): void {
  const { status, body, interim } = expected;
  assert.deepEqual(
    { status: read.status, body: read.body, interim: read.interim, reset: read.reset },
    { status, body, interim, reset: NO_ERROR },
  );
  const wanted = byName(expected.has.filter((line) => !OF_CONNECTIONS.test(line.toLowerCase())));
  const got = byName(read.lines);
  for (const [name, values] of wanted) assert.equal(got.get(name), values, name);
  assert.deepEqual(byName(read.trailers), byName(expected.trailers));
  assert.deepEqual(
    read.lines.filter((line) => OF_CONNECTIONS.test(line)),
    [],
  );
  for (const name of expected.lacks) assert.equal(got.has(name), false, name);
}

/** Lines of one name as the list that they are (RFC 9110 §5.3), names in lower case, without blanks at the ends. */
function byName(lines: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return values;
}
