/** Several requests in one write (RFC 9112 §9.3.2): each is judged by itself, and nothing follows a refusal. */
import { forwarded, type RequestCase, request } from './case.ts';

const get = (target: string) => request(`GET ${target} HTTP/1.1`, 'Host: a');
const post = (target: string, body: string) =>
  request(`POST ${target} HTTP/1.1`, 'Host: a', `Content-Length: ${body.length}`) + body;
const chunked = (target: string, coding: string) =>
  request(`POST ${target} HTTP/1.1`, 'Host: a', 'Transfer-Encoding: chunked') + coding;
const SOURCE = 'RFC 9112 §9.3.2';

export const PIPELINES: readonly RequestCase[] = [
  {
    name: 'three requests without bodies',
    source: SOURCE,
    bytes: get('/1') + get('/2') + get('/3'),
    expected: [forwarded('GET', '/1'), forwarded('GET', '/2'), forwarded('GET', '/3')],
  },
  {
    name: 'bodies of either framing between requests without',
    source: SOURCE,
    bytes: get('/1') + post('/2', 'two') + chunked('/3', '5\r\nthree\r\n0\r\n\r\n') + get('/4'),
    expected: [
      forwarded('GET', '/1'),
      forwarded('POST', '/2', 'two'),
      forwarded('POST', '/3', 'three'),
      forwarded('GET', '/4'),
    ],
  },
  {
    name: 'an empty line between two requests',
    source: 'RFC 9112 §2.2',
    bytes: `${post('/1', 'one')}\r\n${get('/2')}`,
    expected: [forwarded('POST', '/1', 'one'), forwarded('GET', '/2')],
  },
  {
    name: 'HEAD between two GET',
    source: SOURCE,
    bytes: get('/1') + request('HEAD /2 HTTP/1.1', 'Host: a') + get('/3'),
    expected: [forwarded('GET', '/1'), forwarded('HEAD', '/2'), forwarded('GET', '/3')],
  },
  {
    name: 'nothing of one request is left in the next',
    source: SOURCE,
    bytes:
      request('GET /1 HTTP/1.1', 'Host: a', 'Cookie: a=1', 'X-Request-Id: first', 'Connection: x-one', 'X-One: 1') +
      request('GET /2 HTTP/1.1', 'Host: b', 'X-One: 2'),
    expected: [
      forwarded('GET', '/1', '', { has: ['X-Request-Id: first', 'Cookie: a=1'], lacks: ['x-one'] }),
      forwarded('GET', '/2', '', { has: ['Host: b', 'X-One: 2', 'X-Forwarded-Host: b'], lacks: ['cookie'] }),
    ],
  },
  {
    name: 'a second request that is malformed: the first is still answered',
    source: SOURCE,
    bytes: `${get('/1')}GET /2 HTTP/1.1\r\nHost : a\r\n\r\n${get('/3')}`,
    expected: [forwarded('GET', '/1'), 'bad_request'],
  },
  {
    name: 'a second request with an ambiguous length',
    source: 'RFC 9112 §6.3',
    bytes: `${post('/1', 'one')}${request('POST /2 HTTP/1.1', 'Host: a', 'Content-Length: 0', 'Content-Length: 5')}`,
    expected: [forwarded('POST', '/1', 'one'), 'bad_framing'],
  },
  {
    name: 'a second request with a malformed chunk',
    source: 'RFC 9112 §7.1',
    bytes: get('/1') + chunked('/2', 'x\r\n'),
    expected: [forwarded('GET', '/1'), 'bad_framing'],
  },
  {
    name: 'a body longer than its Content-Length',
    source: 'RFC 9112 §6.3',
    bytes: `${post('/1', 'one')}surplus\r\n\r\n`,
    expected: [forwarded('POST', '/1', 'one'), 'bad_request'],
  },
  {
    name: 'junk after the last chunk',
    source: 'RFC 9112 §7.1',
    bytes: `${chunked('/1', '3\r\none\r\n0\r\n\r\n')}5\r\nhello\r\n`,
    expected: [forwarded('POST', '/1', 'one'), 'bad_request'],
  },
  {
    name: 'two empty lines between two requests',
    source: 'RFC 9112 §2.2',
    bytes: `${post('/1', 'one')}\r\n\r\n${get('/2')}`,
    expected: [forwarded('POST', '/1', 'one'), 'bad_request'],
  },
];
