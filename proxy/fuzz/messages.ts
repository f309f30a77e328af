/** Requests and answers made up from the grammar, together with what they mean: no other parser is needed to know. */
import fc from 'fast-check';

export interface MadeRequest {
  readonly bytes: string;
  readonly method: string;
  /** As a node gets it. */
  readonly target: string;
  readonly body: string;
  readonly expectsContinue: boolean;
}

export interface MadeAnswer {
  readonly bytes: string;
  readonly status: number;
  /** What is left of it when the request is no HEAD. */
  readonly body: string;
  readonly trailers: readonly string[];
  /** Statuses of the interim answers that `bytes` begins with. */
  readonly interim: readonly number[];
  /** Its end is the end of the connection. */
  readonly closes: boolean;
}

/** Data that reads like framing, and other data. */
export const DATA: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    'hello',
    '0\r\n\r\n',
    '\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen',
    '\x81\x85\0\xff\r\n\r\n',
    'x'.repeat(9000),
  ),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 40 }),
);

const EXTENSION = fc.constantFrom('', '', '', ';a', ';a=b', ';a="b;\\"c"', ';a;b=c');
const TRAILERS = fc.subarray(['X-End: 1', 'Y: a\tb', 'Z:']);

interface Chunking {
  readonly sizes: readonly number[];
  readonly extension: string;
  readonly trailers: readonly string[];
  readonly zeros: boolean;
  readonly capitals: boolean;
}

const CHUNKING: fc.Arbitrary<Chunking> = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 5 }),
  extension: EXTENSION,
  trailers: TRAILERS,
  zeros: fc.boolean(),
  capitals: fc.boolean(),
});

/** The chunked coding of the data: chunks of these sizes, and one with the rest. */
function chunkedCoding(data: string, { sizes, extension, trailers, zeros, capitals }: Chunking): string {
  const line = (size: number) => {
    const digits = size.toString(16).padStart(zeros ? 8 : 1, '0');
    return `${capitals ? digits.toUpperCase() : digits}${extension}\r\n`;
  };
  let coding = '';
  let rest = data;
  for (const size of [...sizes, data.length]) {
    const chunk = rest.slice(0, size);
    rest = rest.slice(size);
    if (chunk !== '') coding += `${line(chunk.length)}${chunk}\r\n`;
  }
  return `${coding}${line(0)}${[...trailers, ''].join('\r\n')}\r\n`;
}

const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;

const REQUEST_NOISE = fc.subarray([
  'Accept: */*',
  'Cookie: a=1; b="2"',
  'Connection: keep-alive, x-one',
  'X-One: 1',
  'Upgrade: h2c',
  'Content_Length: 3',
  'X-Forwarded-For: 6.6.6.6',
  'TE: trailers',
  'Transfer-Encodings: chunked',
  `X: ${'y'.repeat(500)}`,
]);

/** `place`: the path, so that every request of a pipeline has its own. */
export function madeRequest(place: string): fc.Arbitrary<MadeRequest> {
  return fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'),
      absolute: fc.boolean(),
      query: fc.constantFrom('', '?a=b', '?%0d%0a', '?"<>\\^`{|}'),
      noise: REQUEST_NOISE,
      framing: fc.constantFrom('none', 'length', 'chunked'),
      body: DATA,
      chunking: CHUNKING,
      expects: fc.boolean(),
      emptyLine: fc.boolean(),
    })
    .map(({ method, absolute, query, noise, framing, body: data, chunking, expects, emptyLine }) => {
      const target = `${place}${query}`;
      const body = framing === 'none' ? '' : data;
      const expectsContinue = expects && (framing === 'chunked' || body !== '');
      const lines = [`${method} ${absolute ? 'http://a' : ''}${target} HTTP/1.1`, 'Host: a', ...noise];
      if (expectsContinue) lines.push('Expect: 100-continue');
      if (framing === 'length') lines.push(`content-length: ${body.length}`);
      if (framing === 'chunked') lines.push('Transfer-Encoding: Chunked');
      const content = framing === 'chunked' ? chunkedCoding(body, chunking) : body;
      return { bytes: `${emptyLine ? '\r\n' : ''}${head(...lines)}${content}`, method, target, body, expectsContinue };
    });
}

const ANSWER_NOISE = fc.subarray([
  'Set-Cookie: a=1; Path=/',
  'set-cookie: b=2',
  'Content-Type: text/html',
  'Connection: x-one',
  'X-One: 1',
  'Keep-Alive: timeout=60',
  'Upgrade: h2c',
  'Content_Length: 3',
  `X: ${'y'.repeat(500)}`,
]);

const INTERIM = fc.array(fc.constantFrom(100, 102, 103), { maxLength: 3 });

/** An answer to a request with this method. */
export function madeAnswer(method: string): fc.Arbitrary<MadeAnswer> {
  return fc
    .record({
      status: fc.constantFrom(200, 200, 201, 204, 304, 404, 999),
      reason: fc.constantFrom(' OK', ' ', '', ' Gr\xfc\xdfe'),
      noise: ANSWER_NOISE,
      framing: fc.constantFrom('length', 'length', 'chunked', 'close'),
      closing: fc.boolean(),
      http10: fc.boolean(),
      body: DATA,
      chunking: CHUNKING,
      interim: INTERIM,
    })
    .map(({ status, reason, noise, framing, closing, http10, body: data, chunking, interim }) => {
      const empty = method === 'HEAD' || status === 204 || status === 304;
      const body = empty ? '' : data;
      const old = http10 && framing !== 'chunked';
      const lines = [`HTTP/1.${old ? 0 : 1} ${status}${reason}`, ...noise];
      if (closing) lines.push('Connection: Close');
      if (framing === 'length') lines.push(`Content-Length: ${data.length}`);
      if (framing === 'chunked') lines.push('transfer-encoding: chunked');
      const content = empty ? '' : framing === 'chunked' ? chunkedCoding(body, chunking) : body;
      const before = interim.map((code) => head(`HTTP/1.1 ${code} X`, 'Link: </a>')).join('');
      return {
        bytes: before + head(...lines) + content,
        status,
        body,
        trailers: framing === 'chunked' && !empty ? chunking.trailers : [],
        interim,
        closes: framing === 'close' && !empty,
      };
    });
}
