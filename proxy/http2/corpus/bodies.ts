/** Bodies whose length is said twice, by frames and by a field, and what hides in them. */
import { forwarded } from '../../http/corpus/case.ts';
import { GET, type Http2Case, type Http2Message, POST, pseudo, refusedAlike, SMUGGLED } from './case.ts';

const H2_CL = 'Kettle, HTTP/2: The Sequel is Always Worse, 2021: H2.CL';
const CHUNKS = `0\r\n\r\n${SMUGGLED}`;

const post = (...lengths: string[]) => [...POST, ...lengths.map((length) => ['content-length', length] as const)];

export const BODIES: readonly Http2Case[] = [
  ...refusedAlike('bad_framing', H2_CL, [
    ['two lengths', post('0', '5'), 'hello'],
    ['two lengths, the same', post('5', '5'), 'hello'],
    ['a list of lengths', post('5, 5'), 'hello'],
    ['a length with a sign', post('+5'), 'hello'],
    ['a negative length', post('-1'), 'hello'],
    ['a length in hex', post('0x5'), 'hello'],
    ['a length with a fraction', post('5.0'), 'hello'],
    ['an empty length', post(''), 'hello'],
    ['a length that overflows', post('18446744073709551621'), 'hello'],
    ['a length with a line break', post('5\r\nx: y'), 'hello'],
    ['a length with a blank', post('5 '), 'hello'],
    ['a length of words', post('five'), 'hello'],
    ['a length of a stream that ends with its head', post('5')],
    ['a length of a GET that ends with its head', [...GET, ['content-length', '5']]],
  ]).map((http2Case) => ({ ...http2Case, anyCode: true, otherwise: forwarded('POST', '/x', 'hello') })),
  ...(
    [
      ['a body of a length', post('5'), 'hello'],
      ['a body of no given length', POST, 'hello'],
      ['a body that is a last chunk and a request', POST, CHUNKS],
      ['a body of a length that is a last chunk and a request', post(String(CHUNKS.length)), CHUNKS],
      ['a body that is a request', post(String(SMUGGLED.length)), SMUGGLED],
      ['a body of line breaks', POST, '\r\n\r\n\r\n'],
      ['an empty body of no given length', POST, ''],
      ['an empty body of length 0', post('0'), ''],
      ['a body larger than a frame', POST, 'x'.repeat(40_000)],
      ['a body larger than a frame, of a length', post('40000'), 'x'.repeat(40_000)],
    ] as const
  ).map(([name, fields, body]) => ({
    name,
    source: 'RFC 9113 §8.1.1',
    fields,
    body,
    expected: [forwarded('POST', '/x', body)],
  })),
  ...['GET', 'HEAD', 'DELETE', 'OPTIONS'].map((method) => ({
    name: `a ${method} with a body that is a request`,
    source: 'CVE-2026-29057',
    fields: pseudo({ method }),
    body: SMUGGLED,
    expected: [forwarded(method, '/x', SMUGGLED)],
  })),
  {
    name: 'trailers behind a body',
    source: 'RFC 9113 §8.1',
    fields: POST,
    body: 'hello',
    trailers: [['x', 'y']],
    expected: [forwarded('POST', '/x', 'hello', { trailers: ['x: y'] })],
  },
  {
    name: 'trailers of which some would change the request',
    source: 'RFC 9110 §6.5.1',
    fields: POST,
    body: 'hello',
    trailers: [
      ['host', 'b'],
      ['x-forwarded-for', '6.6.6.6'],
      ['authorization', 'Basic x'],
      ['cookie', 'gcbSessionServer=n2'],
      ['x', 'y'],
    ],
    expected: [forwarded('POST', '/x', 'hello', { trailers: ['x: y'] })],
  },
  {
    name: 'an upload that expects 100 over HTTP/2',
    source: 'RFC 9110 §10.1.1',
    fields: [...post('5'), ['expect', '100-continue']],
    body: 'hello',
    expected: [forwarded('POST', '/x', 'hello', { has: ['Expect: 100-continue', 'Content-Length: 5'] })],
  },
];

/** Their head may be at a node by the time it shows: it gets no whole request, and the client no answer. */
export const BROKEN_BODIES: readonly Http2Message[] = [
  ...(
    [
      ['a body shorter than its length', post('10'), 'hello'],
      ['a body longer than its length, by a request', post('5'), `hello${SMUGGLED}`],
      ['a body where there is none by its length', post('0'), SMUGGLED],
      ['an empty body of length 5', post('5'), ''],
      ['a body larger than a frame and shorter than its length', post('40001'), 'x'.repeat(40_000)],
      ['a body larger than a frame and longer than its length', post('39999'), 'x'.repeat(40_000)],
    ] as const
  ).map(([name, fields, body]) => ({ name, source: `${H2_CL}, RFC 9113 §8.1.1`, fields, body })),
  ...(
    [
      ['transfer-encoding in trailers', [['transfer-encoding', 'chunked']]],
      ['a length in trailers', [['content-length', '100']]],
      ['a pseudo-header field in trailers', [[':path', '/admin']]],
      ['an unknown pseudo-header field in trailers', [[':x', 'y']]],
      ['a connection in trailers', [['connection', 'close']]],
      ['an upgrade in trailers', [['upgrade', 'h2c']]],
      ['a name in capitals in trailers', [['X', 'y']]],
    ] as const
  ).map(([name, trailers]) => ({ name, source: 'RFC 9113 §8.1, §8.2.2', fields: POST, body: 'hello', trailers })),
];
