/** Requests of which every byte that a node gets is written down: what is kept, cut and added, and in which order. */
import { forwarded, type RequestCase, request } from './case.ts';

const ID = 'X-Request-Id: 1';
const ADDED = [
  'X-Forwarded-For: 127.0.0.1',
  'X-Forwarded-Proto: http',
  'Via: 1.1 cobrowse-proxy',
  'X-Forwarded-Host: a',
];

interface Exact {
  readonly name: string;
  readonly source?: string;
  readonly line: string;
  /** Field lines that the client sends. */
  readonly sends: readonly string[];
  /** Field lines that the node gets. */
  readonly gets: readonly string[];
  readonly body?: string;
  readonly trusted?: boolean;
}

function exact({ name, source = 'RFC 9110 §7.6', line, sends, gets, body = '', trusted = false }: Exact): RequestCase {
  const [method = '', target = ''] = line.split(' ');
  const head = request(`${method} ${target} HTTP/1.1`, ...gets);
  const expected = [forwarded(method, target, body, { head })];
  return { name, source, trusted, bytes: request(line, ...sends) + body, expected };
}

const FROM_STRANGERS: readonly RequestCase[] = [
  exact({
    name: 'a plain GET, byte by byte',
    line: 'GET /x HTTP/1.1',
    sends: ['Host: a', ID, 'Accept: */*'],
    gets: ['Host: a', 'Accept: */*', ...ADDED, ID],
  }),
  exact({
    name: 'a POST with a length, byte by byte',
    line: 'POST /x?y HTTP/1.1',
    sends: ['Content-Length: 0005', 'Host: a', ID],
    gets: ['Host: a', ...ADDED, 'Content-Length: 5', ID],
    body: 'hello',
  }),
  exact({
    name: 'a POST of nothing, byte by byte',
    line: 'POST /x HTTP/1.1',
    sends: ['Host: a', 'Content-Length: 0', ID],
    gets: ['Host: a', ...ADDED, 'Content-Length: 0', ID],
  }),
  exact({
    name: 'an upload that expects 100, byte by byte',
    source: 'RFC 9110 §10.1.1',
    line: 'PUT /x HTTP/1.1',
    sends: ['expect: 100-CONTINUE', 'Host: a', ID, 'Content-Length: 5'],
    gets: ['Host: a', ...ADDED, 'Content-Length: 5', 'Expect: 100-continue', ID],
    body: 'hello',
  }),
  exact({
    name: 'a request for a WebSocket, byte by byte',
    source: 'RFC 6455 §4.1',
    line: 'GET /x HTTP/1.1',
    sends: ['Host: a', 'connection: x, UPGRADE', 'X: 1', 'upgrade: WebSocket', ID, 'Sec-WebSocket-Key: eA=='],
    gets: ['Host: a', 'Sec-WebSocket-Key: eA==', ...ADDED, ID, 'Connection: Upgrade', 'Upgrade: websocket'],
  }),
  exact({
    name: 'blanks around values, byte by byte',
    source: 'RFC 9112 §5.1',
    line: 'GET /x HTTP/1.1',
    sends: ['Host:a', ID, 'X:y', 'Y: \t z'],
    gets: ['Host:a', 'X:y', 'Y: \t z', ...ADDED, ID],
  }),
  exact({
    name: 'all that a peer who is not trusted may forge, byte by byte',
    source: 'RFC 7239 §8.1, CVE-2015-0219',
    line: 'GET /x HTTP/1.1',
    sends: [
      'Host: a',
      ID,
      'X-Forwarded-For: 6.6.6.6',
      'X_FORWARDED-FOR: 6.6.6.6',
      'x-forwarded-proto: https',
      'X-Forwarded_Proto: https',
      'X-Forwarded-Host: b',
      'X_Forwarded_Host: b',
      'X-Forwarded-Server: b',
      'X_Forwarded_Port: 1',
      'X-Forwarded-Client-Cert: b',
      'X_Real-IP: 6.6.6.6',
      'X-Real_IP: 6.6.6.6',
      'Via: 1.0 b, 1.1 c',
      'via: 1.1 d',
      'Content_length: 5',
      'Transfer_encoding: chunked',
    ],
    gets: ['Host: a', ...ADDED, ID],
  }),
  exact({
    name: 'names that only look like those that a peer may forge, byte by byte',
    source: 'CVE-2015-0219',
    line: 'GET /x HTTP/1.1',
    sends: [
      'Host: a',
      ID,
      'X-Forwarded: 1',
      'X-Forwarded-: 1',
      'XX-Forwarded-For: 1',
      'X.Forwarded.For: 1',
      'X-Real-IPs: 1',
      'Vias: 1',
    ],
    gets: [
      'Host: a',
      'X-Forwarded: 1',
      'X-Forwarded-: 1',
      'XX-Forwarded-For: 1',
      'X.Forwarded.For: 1',
      'X-Real-IPs: 1',
      'Vias: 1',
      ...ADDED,
      ID,
    ],
  }),
  exact({
    name: 'two Forwarded fields of a peer that is not trusted, byte by byte',
    source: 'RFC 7239 §8.1',
    line: 'GET /x HTTP/1.1',
    sends: ['Host: a', ID, 'Forwarded: for=6.6.6.6', 'FORWARDED: for=7.7.7.7;secret=x'],
    gets: ['Host: a', ...ADDED, 'Forwarded: for=127.0.0.1;host="a";proto=http', ID],
  }),
  exact({
    name: 'names that are longer, shorter or broken where the framing is meant, byte by byte',
    source: 'RFC 9110 §5.1',
    line: 'GET /x HTTP/1.1',
    sends: [
      'Host: a',
      ID,
      'Content-Lengt: 5',
      'Content-Lengthy: 5',
      'Content--Length: 5',
      'Transfer-Encodin: x',
      'TransferEncoding: x',
    ],
    gets: [
      'Host: a',
      'Content-Lengt: 5',
      'Content-Lengthy: 5',
      'Content--Length: 5',
      'Transfer-Encodin: x',
      'TransferEncoding: x',
      ...ADDED,
      ID,
    ],
  }),
];
const fromProxy = (name: string, sends: readonly string[], gets: readonly string[], source = 'RFC 7239 §4') =>
  exact({ name, source, line: 'GET /x HTTP/1.1', sends: ['Host: a', ID, ...sends], gets, trusted: true });

/** From a listed proxy: what it says of the client is kept and appended to, if it says it by the right name. */
const FROM_PROXIES: readonly RequestCase[] = [
  fromProxy('a listed proxy that says nothing, byte by byte', [], ['Host: a', ...ADDED, ID]),
  fromProxy(
    'what a listed proxy says in one line each, byte by byte',
    [
      'X-Forwarded-For: 203.0.113.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: b',
      'Via: 1.0 c',
      'X-Forwarded-Port: 1',
    ],
    [
      'Host: a',
      'X-Forwarded-Port: 1',
      'X-Forwarded-For: 203.0.113.7, 127.0.0.1',
      'X-Forwarded-Proto: https',
      'Via: 1.0 c, 1.1 cobrowse-proxy',
      'X-Forwarded-Host: b',
      ID,
    ],
  ),
  fromProxy(
    'what a listed proxy says in several lines, byte by byte',
    [
      'X-Forwarded-For: 1.1.1.1',
      'x-forwarded-for: 2.2.2.2, 3.3.3.3',
      'Via: 1.0 c',
      'via: 1.1 d',
      'Forwarded: for=e',
      'forwarded: for=f',
    ],
    [
      'Host: a',
      'X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1',
      'X-Forwarded-Proto: http',
      'Via: 1.0 c, 1.1 d, 1.1 cobrowse-proxy',
      'X-Forwarded-Host: a',
      'Forwarded: for=e, for=f, for=127.0.0.1;host="a";proto=http',
      ID,
    ],
  ),
  fromProxy(
    'names with underscores that a listed proxy passed on, byte by byte',
    ['X_Forwarded_For: 6.6.6.6', 'X-Forwarded_Proto: https', 'X_Forwarded-Host: b', 'X_Forwarded_Port: 1'],
    ['Host: a', ...ADDED, ID],
    'CVE-2015-0219',
  ),
  fromProxy(
    'what Connection of a listed proxy names away, byte by byte',
    ['Connection: x-forwarded-for, X-Real-IP', 'X-Forwarded-For: 203.0.113.7', 'X-Real-IP: 203.0.113.7'],
    ['Host: a', 'X-Forwarded-For: 203.0.113.7, 127.0.0.1', ...ADDED.slice(1), ID],
    'CVE-2022-31813, CVE-2024-45410',
  ),
];

export const EXACT: readonly RequestCase[] = [...FROM_STRANGERS, ...FROM_PROXIES];
