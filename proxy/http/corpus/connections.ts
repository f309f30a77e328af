/** What becomes of the connection: kept, closed, or asked to speak something else (RFC 9112 §9, RFC 9110 §7.8). */
import { alike, forwarded, type RequestCase, refusedAlike, request } from './case.ts';

const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
const get = (...lines: string[]) => request('GET /x HTTP/1.1', 'Host: a', ...lines);
const WEBSOCKET = ['Connection: Upgrade', 'Upgrade: websocket'];

const closing = (cases: readonly RequestCase[]): RequestCase[] => cases.map((each) => ({ ...each, closes: true }));

const CLOSED = closing([
  ...alike([forwarded('GET', '/x', '', { lacks: ['connection'] })], 'RFC 9112 §9.6', [
    ['Connection: close', get('Connection: close')],
    ['Connection: close with a request behind it', get('Connection: close') + SMUGGLED],
    ['Connection: close in another letter case', get('connection: CLOSE')],
    ['Connection: close in a list', get('Connection: x, close', 'X: 1')],
    ['Connection: close in a second line', get('Connection: x', 'Connection: close')],
    ['Connection: close and keep-alive', get('Connection: keep-alive, close')],
    ['Connection: close with blanks', get('Connection: \t close\t ')],
  ]),
  ...alike([forwarded('GET', '/x', '', { has: ['Host: a'] })], 'RFC 9112 §9.3', [
    ['HTTP/1.0', request('GET /x HTTP/1.0', 'Host: a')],
    ['HTTP/1.0 with a request behind it', request('GET /x HTTP/1.0', 'Host: a') + SMUGGLED],
    ['HTTP/1.0 with close and keep-alive', request('GET /x HTTP/1.0', 'Host: a', 'Connection: close, keep-alive')],
    ['HTTP/1.0 with Keep-Alive alone', request('GET /x HTTP/1.0', 'Host: a', 'Keep-Alive: timeout=9')],
  ]),
  ...alike([forwarded('POST', '/x', 'hello')], 'RFC 9112 §9.3', [
    ['HTTP/1.0 with a body', `${request('POST /x HTTP/1.0', 'Host: a', 'Content-Length: 5')}hello`],
    [
      'Connection: close with a body',
      `${request('POST /x HTTP/1.1', 'Host: a', 'Connection: close', 'Content-Length: 5')}hello`,
    ],
    [
      'Connection: close with more than a body',
      `${request('POST /x HTTP/1.1', 'Host: a', 'Connection: close', 'Content-Length: 5')}hello${SMUGGLED}`,
    ],
  ]),
  ...alike([forwarded('GET', '/1'), forwarded('GET', '/2')], 'RFC 9112 §9.6', [
    [
      'nothing follows the request that says close',
      request('GET /1 HTTP/1.1', 'Host: a') + request('GET /2 HTTP/1.1', 'Host: a', 'Connection: close') + SMUGGLED,
    ],
  ]),
]);

const KEPT: RequestCase[] = [
  ...alike([forwarded('GET', '/x', '', { lacks: ['connection', 'keep-alive'] })], 'RFC 9112 §9.3', [
    ['Connection: keep-alive', get('Connection: keep-alive', 'Keep-Alive: timeout=1, max=1')],
    ['a field called close', get('Close: 1', 'Connection: x')],
    ['an option that begins with close', get('Connection: closed')],
    ['HTTP/1.0 with keep-alive', request('GET /x HTTP/1.0', 'Host: a', 'Connection: Keep-Alive')],
  ]),
  ...alike([forwarded('GET', '/x', '', { lacks: ['proxy-connection'] })], 'RFC 9112 appendix C.2.2', [
    ['Proxy-Connection: close means nothing', get('Proxy-Connection: close')],
  ]),
];

/** What the proxy answers itself has a body too, which is no request: CL.0 at the proxy, CVE-2025-4366. */
const OWN_ANSWERS: RequestCase[] = [
  ...alike(
    [{ method: 'GET', target: '/health', body: SMUGGLED, status: 200 }],
    'CVE-2025-4366, Pingora: a body that nobody reads',
    [
      [
        'an answer of the proxy to a GET with a body',
        request('GET /health HTTP/1.1', 'Host: a', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
      ],
      [
        'an answer of the proxy to a chunked GET',
        `${request('GET /health HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
      ],
    ],
  ),
  ...alike(
    [{ method: 'GET', target: '/health', body: 'hello', status: 200 }, forwarded('GET', '/admin')],
    'CVE-2022-23959, Varnish',
    [
      [
        'a request behind the body of one that the proxy answers',
        `${request('GET /health HTTP/1.1', 'Host: a', 'Content-Length: 5')}hello${SMUGGLED}`,
      ],
    ],
  ),
  ...refusedAlike('bad_framing', 'CVE-2022-22720, Apache httpd', [
    [
      'a body that cannot be read of a request that the proxy answers',
      `${request('GET /health HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}x\r\n${SMUGGLED}`,
    ],
  ]),
  ...refusedAlike('method_not_allowed', 'CVE-2025-4366, Pingora: a body that nobody reads', [
    [
      'a TRACE with a request for its body',
      request('TRACE /x HTTP/1.1', 'Host: a', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    ],
    ['a CONNECT with a request behind it', request('CONNECT a:80 HTTP/1.1', 'Host: a:80') + SMUGGLED],
  ]),
  ...refusedAlike('expectation_failed', 'CVE-2025-4366, Pingora: a body that nobody reads', [
    [
      'an expectation that fails, with a request for its body',
      request('POST /x HTTP/1.1', 'Host: a', 'Expect: x', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    ],
  ]),
];

/** Until there is a 101, whatever follows is a request like any other, and no byte of it the node's. */
const UPGRADES: RequestCase[] = [
  ...alike(
    [forwarded('GET', '/x', '', { has: ['Upgrade: websocket'] }), forwarded('GET', '/admin')],
    'CVE-2026-2833, Pingora',
    [
      ['a request behind an upgrade that is refused', get(...WEBSOCKET) + SMUGGLED],
      [
        'the same with a version that no node speaks (WebSocket smuggling, 0ang3el 2019)',
        get(...WEBSOCKET, 'Sec-WebSocket-Version: 1337') + SMUGGLED,
      ],
      ['the same with a length of zero', get(...WEBSOCKET, 'Content-Length: 0') + SMUGGLED],
    ],
  ),
  ...alike(
    [forwarded('GET', '/x', '', { lacks: ['upgrade', 'connection'] }), forwarded('GET', '/admin')],
    'CVE-2026-2833, Pingora',
    [
      ['a request behind an upgrade to something unknown', get('Connection: Upgrade', 'Upgrade: foo') + SMUGGLED],
      [
        'a request behind an upgrade to h2c (h2c smuggling, Bishop Fox 2020)',
        get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk') + SMUGGLED,
      ],
      [
        'a request behind an upgrade to h2c that Connection half names',
        get('Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk') + SMUGGLED,
      ],
      ['a request behind an upgrade to TLS', get('Connection: Upgrade', 'Upgrade: TLS/1.0') + SMUGGLED],
      ['a request behind an upgrade to websocket/13', get('Connection: Upgrade', 'Upgrade: websocket/13') + SMUGGLED],
      ['a request behind an upgrade to nothing', get('Connection: Upgrade', 'Upgrade:') + SMUGGLED],
      [
        'a request behind an upgrade that Connection names in another field',
        get('X-Connection: Upgrade', 'Upgrade: websocket') + SMUGGLED,
      ],
    ],
  ),
  ...alike([forwarded('POST', '/x', SMUGGLED, { lacks: ['upgrade', 'connection'] })], 'RFC 6455 §4.1', [
    [
      'a POST that asks for a WebSocket',
      request('POST /x HTTP/1.1', 'Host: a', ...WEBSOCKET, `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    ],
  ]),
  ...alike([forwarded('GET', '/x', SMUGGLED, { lacks: ['upgrade', 'connection'] })], 'RFC 6455 §4.1', [
    [
      'a chunked GET that asks for a WebSocket',
      `${get(...WEBSOCKET, 'Transfer-Encoding: chunked')}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    ],
  ]),
  ...refusedAlike('bad_framing', 'RFC 6455 §4.1', [
    ['a request for a WebSocket with two lengths', get(...WEBSOCKET, 'Content-Length: 0', 'Content-Length: 5')],
  ]),
  {
    name: 'bytes behind an upgrade that becomes none, which are no request',
    source: 'CVE-2026-2833, Pingora',
    bytes: `${get(...WEBSOCKET)}\x81\x85 no request`,
    expected: [forwarded('GET', '/x'), 'bad_request'],
  },
];

export const CONNECTIONS: readonly RequestCase[] = [...CLOSED, ...KEPT, ...OWN_ANSWERS, ...UPGRADES];
