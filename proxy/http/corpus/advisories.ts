/** What made others stumble: advisories about proxies, servers and parsers since 2019, each with its own attack. */
import { alike, forwarded, type RequestCase, refusedFor, request } from './case.ts';

const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
const attack = (...lines: string[]) => request('POST /x HTTP/1.1', 'Host: a', ...lines);
const chunked = (coding: string) => attack('Transfer-Encoding: chunked') + coding;

const HEADS = refusedFor('bad_request', [
  ['CVE-2020-8201, Node.js', 'a CR for the dash of Content-Length', `${attack('Content\rLength: 5')}hello`],
  [
    'CVE-2021-22959, Node.js',
    'a coding with a space before its colon, and a length',
    `${attack('Transfer-Encoding : chunked', 'Content-Length: 5')}0\r\n\r\n`,
  ],
  [
    'CVE-2022-32214, llhttp',
    'two field lines with a bare LF between them, and a length',
    `${attack('X: y\nContent-Length: 5')}hello`,
  ],
  [
    'CVE-2022-32215, llhttp',
    'a coding of two lines',
    `${attack('Transfer-Encoding: chunked', ' , identity')}0\r\n\r\n`,
  ],
  [
    'CVE-2022-35256, llhttp',
    'a field that CR alone ends before the next',
    `${attack('X: y\rTransfer-Encoding: chunked')}0\r\n\r\n`,
  ],
  [
    'CVE-2023-30589, llhttp',
    'a head whose lines CR alone ends',
    'POST /x HTTP/1.1\rHost: a\rContent-Length: 5\r\rhello',
  ],
  [
    'CVE-2024-27982, Node.js',
    'a length behind a space at the begin of the second field line',
    `${request('POST /x HTTP/1.1', 'Host: a', ' Content-Length: 5', 'X: y')}hello`,
  ],
  ['CVE-2025-23167, llhttp', 'a head that CRLF and CR end', `GET /x HTTP/1.1\r\nHost: a\r\n\rX${SMUGGLED}`],
  [
    'CVE-2019-16869, Netty',
    'a coding with two spaces before its colon',
    `${attack('Transfer-Encoding  : chunked')}0\r\n\r\n`,
  ],
  [
    'CVE-2019-20444, Netty',
    'a field line without a colon before a coding',
    `${attack('X', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  ],
  [
    'CVE-2020-7238, Netty',
    'a space before Transfer-Encoding, and a length',
    `${attack(' Transfer-Encoding: chunked', 'Content-Length: 5')}hello`,
  ],
  [
    'CVE-2022-1705, Go',
    'a vertical tab before chunked, and a length',
    `${attack('Content-Length: 5', 'Transfer-Encoding: \x0bchunked')}hello`,
  ],
  [
    'CVE-2023-25725, HAProxy',
    'a field without a name before all others',
    `${request('POST /x HTTP/1.1', ':', 'Host: a', 'Content-Length: 5')}hello`,
  ],
  [
    'CVE-2023-45539, HAProxy',
    'a target with a number sign that hides its end',
    request('GET /x.png#.html HTTP/1.1', 'Host: a'),
  ],
  [
    'CVE-2021-27577, Apache Traffic Server',
    'a target with a fragment and a query',
    request('GET /x#?y HTTP/1.1', 'Host: a'),
  ],
  ['CVE-2021-37147, Apache Traffic Server', 'field lines that LF alone ends', 'GET /x HTTP/1.1\r\nHost: a\nX: y\n\n'],
  ['CVE-2020-25097, Squid', 'a target with spaces that one side joins', request('GET /x y z HTTP/1.1', 'Host: a')],
  ['CVE-2023-49082, aiohttp', 'a method that carries a request', request('GET\r\nX: y\r\n /x HTTP/1.1', 'Host: a')],
  [
    'CVE-2020-11076, Puma',
    'a coding that LF and a space hide',
    `${attack('X: y\n Transfer-Encoding: chunked')}0\r\n\r\n`,
  ],
  [
    'CVE-2025-32094, Akamai',
    'OPTIONS with an expectation that is folded',
    request('OPTIONS /x HTTP/1.1', 'Host: a', 'Expect: 100-continue', ' , x'),
  ],
  ['CVE-2022-31150, undici', 'a target with a line end and a field', request('GET /x\r\nX: y HTTP/1.1', 'Host: a')],
  [
    'CVE-2023-29406, Go',
    'a Host with a line end and a request',
    request('GET /x HTTP/1.1', 'Host: a\n\nGET /admin HTTP/1.1'),
  ],
]);

const FRAMING = [
  ...refusedFor('bad_framing', [
    [
      'CVE-2026-1525, undici',
      'lengths in two letter cases, different',
      `${attack('Content-Length: 5', 'content-length: 0')}hello`,
    ],
    [
      'CVE-2026-1525, undici',
      'lengths in two letter cases, the same',
      `${attack('CONTENT-LENGTH: 5', 'content-length: 5')}hello`,
    ],
    [
      'CVE-2026-23941, Erlang inets',
      'lengths of which the first is the longer',
      `${attack('Content-Length: 38', 'Content-Length: 0')}${SMUGGLED}`,
    ],
    [
      'CVE-2026-2835, Pingora',
      'HTTP/1.0 with a coding and a length',
      `${request('POST /x HTTP/1.0', 'Host: a', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    ],
    [
      'CVE-2026-2835, Pingora',
      'HTTP/1.0 that keeps alive, with a coding',
      `${request('POST /x HTTP/1.0', 'Host: a', 'Connection: keep-alive', 'Transfer-Encoding: chunked')}0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'CVE-2021-33037, Tomcat',
      'HTTP/1.0 with a coding that is ignored there',
      `${request('GET /x HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    ],
    ['CVE-2023-40225, HAProxy', 'an empty length before a body', `${attack('Content-Length:')}${SMUGGLED}`],
    ['CVE-2023-40225, HAProxy', 'a length of blanks', `${attack('Content-Length: \t ')}hello`],
    [
      'CVE-2021-32715, hyper',
      'a length with a plus sign before a request',
      `${attack('Content-Length: +38')}${SMUGGLED}`,
    ],
    ['CVE-2023-40167, Jetty', 'a length with a plus sign and a space', `${attack('Content-Length: + 5')}hello`],
    ['CVE-2020-15049, Squid', 'a length with a sign behind it', `${attack('Content-Length: 5+')}hello`],
    ['CVE-2022-42252, Tomcat', 'a length with a colon', `${attack('Content-Length: 5:0')}hello`],
    [
      'GHSA-753j-mpmx-qq6g, Tornado',
      'a length with an underscore before its digits',
      `${attack('Content-Length: _5')}hello`,
    ],
    [
      'CVE-2021-21299, hyper',
      'codings in two lines',
      `${attack('Transfer-Encoding: chunked', 'transfer-encoding: CHUNKED')}0\r\n\r\n`,
    ],
    [
      'CVE-2020-8287, Node.js',
      'codings in two letter cases, and a request',
      `${attack('Transfer-Encoding: chunked', 'TRANSFER-ENCODING: chunked')}0\r\n\r\n${SMUGGLED}`,
    ],
    [
      'CVE-2019-20445, Netty',
      'a length of zero behind a coding',
      `${attack('Transfer-Encoding: chunked', 'Content-Length: 0')}0\r\n\r\n`,
    ],
    [
      'CVE-2023-40175, Puma',
      'a length of zero and an empty one',
      `${attack('Content-Length: 0', 'Content-Length:')}${SMUGGLED}`,
    ],
  ]),
  ...refusedFor('transfer_coding_not_supported', [
    [
      'CVE-2022-32213, llhttp',
      'a coding that begins with chunked',
      `${attack('Transfer-Encoding: chunkedx')}0\r\n\r\n`,
    ],
    [
      'CVE-2020-15811, Squid',
      'a coding in quotes, and a length',
      `${attack('Transfer-Encoding: "chunked"', 'Content-Length: 5')}hello`,
    ],
    [
      'CVE-2024-1135, Gunicorn',
      'codings of which the first is unknown',
      `${attack('Transfer-Encoding: x', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    ],
    [
      'CVE-2021-33037, Tomcat',
      'codings that end in identity',
      `${attack('Transfer-Encoding: chunked , identity')}0\r\n\r\n`,
    ],
    [
      'CVE-2020-11077, Puma',
      'an invalid coding and a length',
      `${attack('Transfer-Encoding: chunked,,', 'Content-Length: 5')}hello`,
    ],
    [
      'CVE-2022-36760, Apache httpd',
      'a coding and its parameters',
      `${attack('Transfer-Encoding: chunked; q=0')}0\r\n\r\n`,
    ],
  ]),
];

const CHUNKS = refusedFor('bad_framing', [
  ['CVE-2021-32714, hyper', 'a chunk size beyond 64 bits', chunked(`f0000000000000005\r\nhello\r\n0\r\n\r\n`)],
  ['CVE-2021-22960, llhttp', 'a request in a chunk extension', chunked(`0;x\n${SMUGGLED}`)],
  ['CVE-2024-22019, Node.js', 'an extension that does not end', chunked(`1;a=${'x'.repeat(5000)}`)],
  ['CVE-2025-22871, Go', 'a chunk size that LF alone ends, and a request', chunked(`0\n\n${SMUGGLED}`)],
  ['CVE-2025-43859, h11', 'any two bytes for the end of a chunk', chunked('5\r\nhelloXX0\r\n\r\n')],
  ['CVE-2025-47905, Varnish', 'a LF for the end of a chunk, before its size', chunked('1\r\na\n1\r\nb\r\n0\r\n\r\n')],
  [
    'CVE-2025-55315, ASP.NET Core',
    'an extension with a bare LF and a request',
    chunked(`2;\nxx\r\n22\r\n${SMUGGLED}\r\n0\r\n\r\n`),
  ],
  ['CVE-2025-55315, ASP.NET Core', 'an extension with a bare CR', chunked('2;a\rb\r\nxx\r\n0\r\n\r\n')],
  ['CVE-2025-58056, Netty', 'an extension that LF alone ends', chunked('5;a=b\nhello\r\n0\r\n\r\n')],
  ['CVE-2024-52304, aiohttp', 'an extension with a line end in quotes', chunked('5;a="\r\n"\r\nhello\r\n0\r\n\r\n')],
  ['CVE-2024-53868, Apache Traffic Server', 'a size of a space', chunked(' \r\nhello\r\n0\r\n\r\n')],
  ['CVE-2023-46846, Squid', 'a chunk whose size a control byte precedes', chunked('\x0b5\r\nhello\r\n0\r\n\r\n')],
  ['CVE-2023-37276, aiohttp', 'a chunk size with a sign', chunked('-1\r\n\r\n')],
  [
    'CVE-2023-46589, Tomcat',
    'trailers above the limit that carry a request',
    chunked(`0\r\nX: ${'x'.repeat(9000)}\r\n\r\n${SMUGGLED}`),
  ],
  ['CVE-2023-45648, Tomcat', 'a malformed trailer before a request', chunked(`0\r\nX Y: 1\r\n\r\n${SMUGGLED}`)],
  ['CVE-2025-12642, lighttpd', 'a trailer that is a length', chunked('5\r\nhello\r\n0\r\nContent-Length: 0\r\n\r\n')],
  [
    'CVE-2025-53643, aiohttp',
    'a trailer that is a coding',
    chunked('5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'),
  ],
  [
    'CVE-2015-0219',
    'a trailer that is a length with an underscore',
    chunked('5\r\nhello\r\n0\r\nContent_Length: 0\r\n\r\n'),
  ],
  ['CVE-2024-35161, Apache Traffic Server', 'a trailer that is a request', chunked(`0\r\n${SMUGGLED}`)],
  ['CVE-2022-22720, Apache httpd', 'a body that cannot be read, and a request behind it', chunked(`x\r\n${SMUGGLED}`)],
]);

const HARMLESS: RequestCase[] = [
  ...alike([forwarded('POST', '/x', SMUGGLED)], 'CVE-2021-40346, HAProxy', [
    [
      'a field name of 270 characters that begins with Content-Length',
      `${attack(`Content-Length0${'a'.repeat(255)}:`, 'Content-Length: 32')}${SMUGGLED}`,
    ],
  ]),
  ...alike([forwarded('GET', '/x%0d%0aHost:%20b')], 'CVE-2023-25690, Apache httpd', [
    ['encoded line ends in a target stay encoded', request('GET /x%0d%0aHost:%20b HTTP/1.1', 'Host: a')],
  ]),
  ...alike([forwarded('GET', '/x?a=%zz&b;c=%')], 'CVE-2022-2880, Go', [
    ['a query that cannot be decoded passes as it is', request('GET /x?a=%zz&b;c=% HTTP/1.1', 'Host: a')],
  ]),
  ...alike([forwarded('GET', '/..;/admin')], 'Breaking Parser Logic, Tsai 2018', [
    ['a parameter of a path segment stays in it', request('GET /..;/admin HTTP/1.1', 'Host: a')],
  ]),
  ...alike([forwarded('GET', '/x%2f..%2fadmin')], 'CVE-2021-29492, Envoy', [
    ['encoded slashes stay encoded', request('GET /x%2f..%2fadmin HTTP/1.1', 'Host: a')],
  ]),
  ...alike([forwarded('HEAD', '/x', SMUGGLED)], 'CVE-2024-33452, OpenResty', [
    [
      'a HEAD with a body that is a request',
      request('HEAD /x HTTP/1.1', 'Host: a', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    ],
  ]),
  ...alike([forwarded('POST', '/x', 'hello', { trailers: ['X: 1'] })], 'RFC 9110 §6.5.1', [
    [
      'trailers that would change who asks are dropped',
      chunked('5\r\nhello\r\n0\r\nCookie: a=b\r\nAuthorization: x\r\nX_Forwarded_For: 6.6.6.6\r\nX: 1\r\n\r\n'),
    ],
  ]),
  ...alike(
    [forwarded('GET', '/x', '', { has: ['Host: a', 'X-Forwarded-For: 127.0.0.1'], lacks: ['x'] })],
    'CVE-2022-45059, Varnish; CVE-2024-45410, Traefik',
    [
      [
        'Connection may not name away Host and forwarding fields',
        request('GET /x HTTP/1.1', 'Host: a', 'X: 1', 'Connection: keep-alive, host, x-forwarded-for, x'),
      ],
    ],
  ),
];

export const ADVISORIES: readonly RequestCase[] = [...HEADS, ...FRAMING, ...CHUNKS, ...HARMLESS];
