/** Heads that say more, or something else, as text: names, values and pseudo-header fields. */
import { forwarded } from '../../http/corpus/case.ts';
import { type FieldList, GET, type Http2Case, neverForwarded, POST, pseudo, refusedAlike, SMUGGLED } from './case.ts';

const SEQUEL = 'Kettle, HTTP/2: The Sequel is Always Worse, 2021';
const H2_TE = `${SEQUEL}: H2.TE`;
const MALFORMED = 'RFC 9113 §8.1.1, §8.3';

/** Of which nghttp2 leaves some out, and resets the others. */
const SPLITTING = neverForwarded(`${SEQUEL}: request splitting`, [
  ['a request in a value', [['x', `y\r\n\r\n${SMUGGLED}`]]],
  ['a request in a value, by LF alone', [['x', 'y\n\nGET /admin HTTP/1.1\nHost: a\n\n']]],
  ['a field in a value', [['x', 'y\r\ntransfer-encoding: chunked']]],
  ['a field in a value, by LF alone', [['x', 'y\ntransfer-encoding: chunked']]],
  ['a field in a value, by CR alone', [['x', 'y\rtransfer-encoding: chunked']]],
  ['a line break at the end of a value', [['x', 'y\r\n']]],
  ['a line break alone for a value', [['x', '\r\n']]],
  ['a folded value', [['x', 'y\r\n z']]],
  ['a request in a name', [[`x: y\r\n\r\n${SMUGGLED}x`, 'y']]],
  ['a field in a name', [['transfer-encoding: chunked\r\nx', 'y']]],
  ['a field in a name, by LF alone', [['transfer-encoding: chunked\nx', 'y']]],
  ['a name of a line break', [['\r\n', 'y']]],
  ['a name that ends in CR', [['x\r', 'y']]],
  ['a coding that is broken by a line', [['transfer-encoding', 'chun\r\nked']]],
  ['a length in a value', [['x', 'y\r\ncontent-length: 100']]],
]);

const NAMES = neverForwarded('RFC 9113 §8.2.1', [
  ['a name with a colon', [['transfer-encoding:', 'chunked']]],
  ['a name with a colon and a value', [['transfer-encoding: chunked, x', 'y']]],
  ['a name with a space behind it', [['transfer-encoding ', 'chunked']]],
  ['a name with a space before it', [[' transfer-encoding', 'chunked']]],
  ['a name with a tab behind it', [['transfer-encoding\t', 'chunked']]],
  ['a name with a NUL', [['transfer-encoding\0', 'chunked']]],
  ['a name with a vertical tab', [['transfer-encoding\v', 'chunked']]],
  ['a name with a byte beyond ASCII', [['transfer-encoding\xff', 'chunked']]],
  ['a name with a DEL', [['transfer-encoding\x7f', 'chunked']]],
  ['a name with a slash', [['x/y', 'z']]],
  ['an empty name', [['', 'y']]],
  ['an empty name for a header line of its own', [['', ' transfer-encoding: chunked']]],
  ['a name in capitals', [['Transfer-Encoding', 'chunked']]],
  ['a name with one capital', [['transfer-encodinG', 'chunked']]],
  ['a value with a NUL', [['x', 'y\0z']]],
  ['a value with a DEL', [['x', 'y\x7f']]],
  ['a value with an escape', [['x', 'y\x1b[31m']]],
  ['a value with a blank before it', [['x', ' y']]],
  ['a value with a blank behind it', [['x', 'y ']]],
  ['a value with a tab behind it', [['x', 'y\t']]],
]);

const CONNECTION_FIELDS: Http2Case[] = [
  ...refusedAlike('bad_request', H2_TE, [
    ['transfer-encoding: chunked', [...POST, ['transfer-encoding', 'chunked']], `0\r\n\r\n${SMUGGLED}`],
    ['transfer-encoding: identity', [...POST, ['transfer-encoding', 'identity']], SMUGGLED],
    ['an empty transfer-encoding', [...POST, ['transfer-encoding', '']], SMUGGLED],
    ['transfer-encoding in a GET', [...GET, ['transfer-encoding', 'chunked']]],
    ['transfer-encoding behind a length', [...POST, ['content-length', '0'], ['transfer-encoding', 'chunked']]],
    ['transfer-encoding before a length', [...POST, ['transfer-encoding', 'chunked'], ['content-length', '0']]],
  ]),
  ...refusedAlike('bad_request', 'RFC 9113 §8.2.2', [
    ['a connection that takes away a length', [...POST, ['connection', 'content-length']], 'hello'],
    ['connection: close over HTTP/2', [...GET, ['connection', 'close']]],
    ['an empty connection', [...GET, ['connection', '']]],
    ['keep-alive over HTTP/2', [...GET, ['keep-alive', 'timeout=5']]],
    ['proxy-connection over HTTP/2', [...GET, ['proxy-connection', 'keep-alive']]],
    ['te: chunked', [...GET, ['te', 'chunked']]],
    ['te: trailers and more', [...GET, ['te', 'trailers, deflate']]],
    ['te twice, once with more', [...GET, ['te', 'trailers'], ['te', 'gzip']]],
  ]),
  ...refusedAlike('bad_request', 'BishopFox, h2c smuggling, 2020', [
    ['an upgrade to h2c', [...GET, ['connection', 'upgrade, http2-settings'], ['upgrade', 'h2c']]],
    ['upgrade: h2c alone', [...GET, ['upgrade', 'h2c']]],
    ['http2-settings alone', [...GET, ['http2-settings', 'AAMAAABkAARAAAAAAAIAAAAA']]],
    [
      'an upgrade to a WebSocket as HTTP/1.1 asks for it',
      [...GET, ['connection', 'upgrade'], ['upgrade', 'websocket']],
    ],
  ]),
];

const PSEUDO: Http2Case[] = [
  ...refusedAlike('bad_request', `${SEQUEL}: injection by :method, :path and :scheme`, [
    ['a request line in :method', pseudo({ method: 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\nGET' })],
    ['a target in :method', pseudo({ method: 'GET /admin' })],
    ['a request line without a break in :method', pseudo({ method: 'GET /admin HTTP/1.1' })],
    ['a field behind :method', pseudo({ method: 'GET / HTTP/1.1\r\nx: y' })],
    ['a tab in :method', pseudo({ method: 'GET\t' })],
    ['a blank before :method', pseudo({ method: ' GET' })],
    ['a second request in :path', pseudo({ path: '/x HTTP/1.1\r\nHost: a\r\n\r\nGET /admin' })],
    ['a version in :path', pseudo({ path: '/admin HTTP/1.1' })],
    ['a version of HTTP/0.9’s time in :path', pseudo({ path: '/admin HTTP/1.0' })],
    ['a field in :path', pseudo({ path: '/x HTTP/1.1\r\nx: y' })],
    ['a field in :path by LF alone', pseudo({ path: '/x HTTP/1.1\nx: y' })],
    ['CR at the end of :path', pseudo({ path: '/x\r' })],
    ['LF at the end of :path', pseudo({ path: '/x\n' })],
    ['a tab in :path', pseudo({ path: '/x\tHTTP/1.1' })],
    ['a NUL in :path', pseudo({ path: '/x\0' })],
    ['a blank before :path', pseudo({ path: ' /x' })],
    ['a blank behind :path', pseudo({ path: '/x ' })],
    ['another host in :path', pseudo({ path: 'http://b/x' })],
    ['another host in :path, without a scheme', pseudo({ path: '@b/x' })],
    ['a fragment in :path', pseudo({ path: '/x#y' })],
    ['a path without its slash', pseudo({ path: 'x' })],
    ['a query for a :path', pseudo({ path: '?x' })],
    ['an asterisk for GET', pseudo({ path: '*' })],
    ['a url in :scheme', pseudo({ scheme: 'http://a/admin?' })],
    ['a request in :scheme', pseudo({ scheme: 'http://a/admin HTTP/1.1\r\nHost: a\r\n\r\nGET /x' })],
    ['a scheme of another world', pseudo({ scheme: 'file' })],
    ['a scheme with a colon', pseudo({ scheme: 'http:' })],
    ['a scheme in capitals', pseudo({ scheme: 'HTTP' })],
    ['a scheme with a blank', pseudo({ scheme: 'http ' })],
  ]),
  ...refusedAlike('bad_request', MALFORMED, [
    ['no :method', pseudo({ method: '' })],
    ['no :scheme', pseudo({ scheme: '' })],
    ['no :path', pseudo({ path: '' })],
    ['an empty :method', [[':method', ''], ...pseudo({ method: '' })]],
    ['an empty :path', [...pseudo({ path: '' }), [':path', '']]],
    ['an empty :scheme', [[':scheme', ''], ...pseudo({ scheme: '' })]],
    ['no pseudo-header field at all', [['host', 'a']]],
    ['no field at all', []],
    ['two :method', [[':method', 'POST'], ...GET]],
    ['two :path', [...GET, [':path', '/admin']]],
    ['two :path, the same', [...GET, [':path', '/x']]],
    ['two :scheme', [[':scheme', 'https'], ...GET]],
    ['two :authority', [...GET, [':authority', 'b']]],
    ['an unknown pseudo-header field', [...GET, [':x', 'y']]],
    ['a pseudo-header field without a name', [...GET, [':', 'y']]],
    ['a pseudo-header field in capitals', [...GET, [':Path', '/admin']]],
    ['a pseudo-header field with a blank', [...GET, [':path ', '/admin']]],
    [':status in a request', [...GET, [':status', '200']]],
    [':protocol without CONNECT', [...GET, [':protocol', 'websocket']]],
    ['a pseudo-header field behind others', [...pseudo({ path: '' }), ['x', 'y'], [':path', '/x']]],
    ['a second :path behind others', [...GET, ['x', 'y'], [':path', '/admin']]],
    ['a second :authority behind others', [...GET, ['x', 'y'], [':authority', 'b']]],
  ]),
  ...refusedAlike('method_not_allowed', 'RFC 9110 §9.3.8', [['TRACE over HTTP/2', pseudo({ method: 'TRACE' })]]),
  ...refusedAlike('bad_request', 'RFC 9110 §9.1', [
    ['the preface’s method', pseudo({ method: 'PRI', path: '/x' })],
    ['a method of lower case', pseudo({ method: 'get' })],
  ]),
];

const HOSTS: Http2Case[] = [
  ...refusedAlike('bad_host', `${SEQUEL}: :authority and host`, [
    ['another host than :authority', [...GET, ['host', 'b']]],
    ['another port than that of :authority', [...GET, ['host', 'a:81']]],
    ['two hosts and no :authority', [...pseudo({ authority: '' }), ['host', 'a'], ['host', 'a']]],
    ['two hosts and :authority', [...GET, ['host', 'a'], ['host', 'b']]],
    ['no host and no :authority', pseudo({ authority: '' })],
    ['an empty host and no :authority', [...pseudo({ authority: '' }), ['host', '']]],
    ['a line break in :authority', pseudo({ authority: 'a\r\nx: y' })],
    ['a request in :authority', pseudo({ authority: `a\r\n\r\n${SMUGGLED}` })],
    ['a blank in :authority', pseudo({ authority: 'a b' })],
    ['a path in :authority', pseudo({ authority: 'a/admin' })],
    ['a user in :authority', pseudo({ authority: 'b@a' })],
    ['a list in :authority', pseudo({ authority: 'a,b' })],
    ['a port that is none in :authority', pseudo({ authority: 'a:x' })],
  ]).map((http2Case) => ({ ...http2Case, anyCode: true })),
  {
    name: 'the same host twice, as :authority and in capitals',
    source: 'RFC 9113 §8.3.1',
    fields: [...GET, ['host', 'A']],
    expected: [forwarded('GET', '/x', '', { has: ['Host: a'] })],
  },
  {
    name: 'a host in place of :authority',
    source: 'RFC 9113 §8.3.1',
    fields: [...pseudo({ authority: '' }), ['host', 'a']],
    expected: [forwarded('GET', '/x', '', { has: ['Host: a'] })],
  },
];

const lines = (count: number, value = 'y'): FieldList => Array.from({ length: count }, (_, i) => [`x${i}`, value]);

const OTHERS: Http2Case[] = [
  ...refusedAlike('head_too_large', 'limits.headers, CVE-2024-27316', [
    ['as many fields again as may be', [...GET, ...lines(150)]],
    ['1,000 fields', [...GET, ...lines(1_000)]],
    ['a head of 40 KiB in several frames', [...GET, ...lines(50, 'y'.repeat(800))]],
  ]).map((http2Case) => ({ ...http2Case, anyCode: true })),
  {
    name: 'a cookie in crumbs is one line',
    source: 'RFC 9113 §8.2.3',
    fields: [...GET, ['cookie', 'b=1'], ['x', 'y'], ['cookie', 'c=2'], ['cookie', 'd=3']],
    expected: [forwarded('GET', '/x', '', { has: ['cookie: b=1; c=2; d=3', 'x: y'] })],
  },
  {
    name: 'another version’s framing in underscores',
    source: 'CVE-2015-0219',
    fields: [...POST, ['content_length', '100'], ['transfer_encoding', 'chunked']],
    body: 'hello',
    expected: [forwarded('POST', '/x', 'hello', { lacks: ['content_length', 'transfer_encoding'] })],
  },
  {
    name: 'names that only look like pseudo-header fields',
    source: 'RFC 9113 §8.3',
    fields: [...GET, ['path', '/admin'], ['method', 'DELETE'], ['authority', 'b']],
    expected: [forwarded('GET', '/x', '', { has: ['path: /admin', 'method: DELETE', 'authority: b'] })],
  },
  {
    name: 'te: trailers is for this hop',
    source: 'RFC 9113 §8.2.2',
    fields: [...GET, ['te', 'trailers']],
    expected: [forwarded('GET', '/x', '', { lacks: ['te', 'connection'] })],
  },
  {
    name: 'what other hops said over HTTP/2 is replaced',
    source: 'RFC 7239 §8.1',
    fields: [...GET, ['x-forwarded-for', '6.6.6.6'], ['x-forwarded-host', 'b'], ['x-http2', ':path'], ['via', '1.1 b']],
    expected: [
      forwarded('GET', '/x', '', {
        has: ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Host: a', 'Via: 2 cobrowse-proxy', 'x-http2: :path'],
      }),
    ],
  },
  {
    name: 'a value with bytes beyond ASCII stays what it is',
    source: 'RFC 9110 §5.5',
    fields: [...GET, ['x', 'caf\xe9']],
    expected: [forwarded('GET', '/x', '', { has: ['x: caf\xe9'] })],
  },
  {
    name: 'OPTIONS of the server',
    source: 'RFC 9113 §8.3.1',
    fields: pseudo({ method: 'OPTIONS', path: '*' }),
    expected: [forwarded('OPTIONS', '*')],
  },
];

export const HEADS: readonly Http2Case[] = [
  ...SPLITTING,
  ...NAMES,
  ...CONNECTION_FIELDS,
  ...PSEUDO,
  ...HOSTS,
  ...OTHERS,
];
