/** What is cut out and added on the way to a node (RFC 9110 §7.6), seen from a peer that is not trusted. */
import { forwarded, type RequestCase, request } from './case.ts';

const withLines = (...lines: string[]) => request('GET /x HTTP/1.1', 'Host: a', ...lines);
const HOP_BY_HOP = [
  'Connection: keep-alive',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'Proxy-Authorization: Basic eA==',
  'Proxy-Authenticate: Basic',
  'TE: trailers',
  'Trailer: X',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABk',
];
const nameOf = (line: string) => line.slice(0, line.indexOf(':')).toLowerCase();

export const FORWARDING: readonly RequestCase[] = [
  {
    name: 'hop-by-hop fields end here',
    source: 'RFC 9110 §7.6.1',
    bytes: withLines(...HOP_BY_HOP, 'X: 1'),
    expected: [forwarded('GET', '/x', '', { has: ['X: 1'], lacks: HOP_BY_HOP.map(nameOf) })],
  },
  {
    name: 'fields named in Connection end here, in any letter case and over several lines',
    source: 'RFC 9110 §7.6.1',
    bytes: withLines(
      'X-One: 1',
      'Connection: x-ONE ,X-Two',
      'x-two: 2',
      'X-TWO: 3',
      'connection: X-Three',
      'x-three: 4',
      'X: 5',
    ),
    expected: [forwarded('GET', '/x', '', { has: ['X: 5'], lacks: ['x-one', 'x-two', 'x-three'] })],
  },
  {
    name: 'Connection may not name away what the proxy itself says',
    source: 'CVE-2021-33197, CVE-2022-31813',
    bytes: withLines('Connection: x-forwarded-for, X-Forwarded-Host, x-forwarded-proto, via, x-request-id'),
    expected: [
      forwarded('GET', '/x', '', {
        has: [
          'X-Forwarded-For: 127.0.0.1',
          'X-Forwarded-Host: a',
          'X-Forwarded-Proto: http',
          'Via: 1.1 cobrowse-proxy',
        ],
      }),
    ],
  },
  {
    name: 'Connection may not name away Host',
    source: 'RFC 9110 §7.6.1',
    bytes: withLines('Connection: host'),
    expected: [forwarded('GET', '/x', '', { has: ['Host: a'] })],
  },
  {
    name: 'Connection may not name away Content-Length',
    source: 'RFC 9110 §7.6.1',
    bytes: `${request('POST /x HTTP/1.1', 'Host: a', 'Connection: content-length', 'Content-Length: 5')}hello`,
    expected: [forwarded('POST', '/x', 'hello', { has: ['Content-Length: 5'] })],
  },
  {
    name: 'Connection may not name away Transfer-Encoding',
    source: 'RFC 9110 §7.6.1',
    bytes: `${request('POST /x HTTP/1.1', 'Host: a', 'Connection: transfer-encoding', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    expected: [forwarded('POST', '/x', '', { has: ['Transfer-Encoding: chunked'] })],
  },
  {
    name: 'forged forwarding headers of a peer that is not trusted are replaced',
    source: 'RFC 7239 §8.1',
    bytes: withLines(
      'X-Forwarded-For: 6.6.6.6',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil',
      'X-Forwarded-Port: 666',
      'X-Forwarded-Prefix: /evil',
      'X-Real-IP: 6.6.6.6',
      'Via: 1.1 evil',
      'Forwarded: for=6.6.6.6',
    ),
    expected: [
      forwarded('GET', '/x', '', {
        has: [
          'X-Forwarded-For: 127.0.0.1',
          'X-Forwarded-Proto: http',
          'X-Forwarded-Host: a',
          'Via: 1.1 cobrowse-proxy',
          'Forwarded: for=127.0.0.1;host="a";proto=http',
        ],
        lacks: ['x-forwarded-port', 'x-forwarded-prefix', 'x-real-ip'],
      }),
    ],
  },
  {
    name: 'underscore spellings of forwarding headers',
    source: 'CVE-2015-0219',
    bytes: withLines('X_Forwarded_For: 6.6.6.6', 'x-forwarded_proto: https', 'X_Real_IP: 6.6.6.6'),
    expected: [
      forwarded('GET', '/x', '', {
        has: ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Proto: http'],
        lacks: ['x_forwarded_for', 'x-forwarded_proto', 'x_real_ip'],
      }),
    ],
  },
  {
    name: 'another target in headers that some servers read it from',
    source: 'CVE-2018-14773',
    bytes: withLines('X-Original-URL: /internal', 'x-rewrite-url: /internal', 'X_Original_URL: /internal'),
    expected: [forwarded('GET', '/x', '', { lacks: ['x-original-url', 'x-rewrite-url', 'x_original_url'] })],
  },
  {
    name: 'an underscore spelling of the request id',
    source: 'CVE-2015-0219',
    bytes: withLines('X_Request_Id: a"b'),
    expected: [forwarded('GET', '/x', '', { lacks: ['x_request_id'] })],
  },
  {
    name: 'underscore spellings of the framing headers',
    source: 'CVE-2015-0219',
    bytes: withLines('Content_Length: 5', 'Transfer_Encoding: chunked', 'X: 1'),
    expected: [forwarded('GET', '/x', '', { has: ['X: 1'], lacks: ['content_length', 'transfer_encoding'] })],
  },
  {
    name: 'a request id that could forge a log line is replaced',
    source: 'CWE-117',
    bytes: withLines('X-Request-Id: a"\\u001b b', 'Connection: x'),
    expected: [forwarded('GET', '/x')],
  },
  {
    name: 'a request for a WebSocket keeps its upgrade, and only that',
    source: 'RFC 6455 §4.1',
    bytes: withLines(
      'Connection: keep-alive, Upgrade, x-one',
      'Upgrade: WebSocket',
      'X-One: 1',
      'Sec-WebSocket-Version: 13',
    ),
    expected: [
      forwarded('GET', '/x', '', {
        has: ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
        lacks: ['x-one'],
      }),
    ],
  },
  ...[
    ['to h2c', withLines('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk')],
    ['to one protocol of a list', withLines('Connection: Upgrade', 'Upgrade: websocket, h2c')],
    ['in two lines', withLines('Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: h2c')],
    ['that Connection does not name', withLines('Upgrade: websocket')],
    ['in HTTP/1.0', request('GET /x HTTP/1.0', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket')],
  ].map(([what, bytes = '']) => ({
    name: `an upgrade ${what} is served as plain HTTP`,
    source: 'RFC 9110 §7.8',
    bytes,
    expected: [forwarded('GET', '/x', '', { lacks: ['connection', 'upgrade', 'http2-settings'] })],
    closes: bytes.includes('HTTP/1.0'),
  })),
  {
    name: 'an upgrade with a body is served as plain HTTP',
    source: 'RFC 6455 §4.1',
    bytes: `${request('GET /x HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5')}hello`,
    expected: [forwarded('GET', '/x', 'hello', { lacks: ['connection', 'upgrade'] })],
  },
];
