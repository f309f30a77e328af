/** Methods, targets and versions (RFC 9112 §3, RFC 9110 §2.5, §9). */
import { forwarded, type RequestCase, refusedAlike, request } from './case.ts';

const withLine = (line: string) => request(line, 'Host: a');

const BAD_LINES = refusedAlike('bad_request', 'RFC 9112 §3', [
  ['two spaces before the target', withLine('GET  /x HTTP/1.1')],
  ['two spaces before the version', withLine('GET /x  HTTP/1.1')],
  ['a space at the end of the request line', withLine('GET /x HTTP/1.1 ')],
  ['a space before the method', withLine(' GET /x HTTP/1.1')],
  ['a tab for a space', withLine('GET\t/x HTTP/1.1')],
  ['a tab before the version', withLine('GET /x\tHTTP/1.1')],
  ['no version (HTTP/0.9)', withLine('GET /x')],
  ['no target', withLine('GET HTTP/1.1')],
  ['an empty target', withLine('GET  HTTP/1.1')],
  ['a request line ended by a bare LF', 'GET /x HTTP/1.1\nHost: a\r\n\r\n'],
  ['a request line ended by a bare CR', 'GET /x HTTP/1.1\rHost: a\r\n\r\n'],
  ['two empty lines before the request', `\r\n\r\n${withLine('GET /x HTTP/1.1')}`],
  ['an empty line of a bare LF before the request', `\n${withLine('GET /x HTTP/1.1')}`],
  ['a bare CR before the request', `\r${withLine('GET /x HTTP/1.1')}`],
  ['a byte order mark before the request', `\xef\xbb\xbf${withLine('GET /x HTTP/1.1')}`],
  ['a NUL before the request', `\0${withLine('GET /x HTTP/1.1')}`],
  ['a status line', withLine('HTTP/1.1 200 OK')],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a PROXY protocol line', `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${withLine('GET /x HTTP/1.1')}`],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
]);

const BAD_METHODS: RequestCase[] = [
  ...refusedAlike('bad_request', 'RFC 9110 §9.1', [
    ['a method in lower case', withLine('get /x HTTP/1.1')],
    ['a method in mixed case', withLine('Get /x HTTP/1.1')],
    ['an unknown method', withLine('FOO /x HTTP/1.1')],
    ['a method that is a prefix of a known one', withLine('GE /x HTTP/1.1')],
    ['a method that begins with a known one', withLine('GETS /x HTTP/1.1')],
    ['a method with a NUL', withLine('GET\0 /x HTTP/1.1')],
    ['a method of 10,000 letters', withLine(`${'A'.repeat(10_000)} /x HTTP/1.1`)],
    ['a method that is a property of every object', withLine('__proto__ /x HTTP/1.1')],
  ]),
  ...refusedAlike('method_not_allowed', 'RFC 9110 §9.3.6, §9.3.8', [
    ['CONNECT', request('CONNECT a:443 HTTP/1.1', 'Host: a:443')],
    ['CONNECT with an origin-form target', withLine('CONNECT /x HTTP/1.1')],
    ['TRACE', withLine('TRACE /x HTTP/1.1')],
  ]),
];

const BAD_VERSIONS: RequestCase[] = [
  ...refusedAlike('bad_request', 'RFC 9112 §2.3', [
    ['a version in lower case', withLine('GET /x http/1.1')],
    ['a version with a space', withLine('GET /x HTTP/ 1.1')],
    ['a version of another protocol', withLine('GET /x HTTQ/1.1')],
    ['a version with a leading zero', withLine('GET /x HTTP/01.1')],
    ['a version with two minor digits', withLine('GET /x HTTP/1.10')],
    ['a version of three parts', withLine('GET /x HTTP/1.1.1')],
    ['a version without a minor digit', withLine('GET /x HTTP/1')],
    ['a version with a plus sign', withLine('GET /x HTTP/+1.1')],
  ]),
  ...refusedAlike('version_not_supported', 'RFC 9110 §2.5', [
    ['version 1.2', withLine('GET /x HTTP/1.2')],
    ['version 2.0', withLine('GET /x HTTP/2.0')],
    ['version 0.9', withLine('GET /x HTTP/0.9')],
    ['a version with a comma', withLine('GET /x HTTP/1,1')],
    ['a version with a letter', withLine('GET /x HTTP/1.a')],
  ]),
];

const BAD_TARGETS = refusedAlike('bad_request', 'RFC 9112 §3.2', [
  ['a target with a fragment', withLine('GET /x#y HTTP/1.1')],
  ['a target with a space', withLine('GET /x y HTTP/1.1')],
  ['a target with a NUL', withLine('GET /x\0 HTTP/1.1')],
  ['a target with a bare CR', withLine('GET /x\rX:y HTTP/1.1')],
  ['a target with a bare LF', withLine('GET /x\nX:y HTTP/1.1')],
  ['a target with an escape sequence', withLine('GET /\x1b[31m HTTP/1.1')],
  ['a target with a DEL', withLine('GET /\x7f HTTP/1.1')],
  ['a target with bytes that are not ASCII', withLine('GET /\xc3\xa9 HTTP/1.1')],
  ['a target without a slash', withLine('GET x HTTP/1.1')],
  ['a target of a query only', withLine('GET ?x HTTP/1.1')],
  ['an asterisk with a method other than OPTIONS', withLine('GET * HTTP/1.1')],
  ['an asterisk with more behind it', withLine('OPTIONS *x HTTP/1.1')],
  ['an authority-form target without CONNECT', withLine('GET a:80 HTTP/1.1')],
  ['an absolute-form target of another scheme', withLine('GET ftp://a/x HTTP/1.1')],
  ['an absolute-form target without slashes', withLine('GET http:a/x HTTP/1.1')],
]);

const VALID: RequestCase[] = [
  ...[
    ['a plain GET', 'GET', '/x'],
    ['a lone slash', 'GET', '/'],
    ['OPTIONS *', 'OPTIONS', '*'],
    ['a query with everything that a URL may hold', 'GET', '/x?a=1&b=%20;c=[]{}|^`"<>\\'],
    ['dot segments are left to the node', 'GET', '/a/../b/./c//d'],
    ['encoded slashes, dots and NULs are left to the node', 'GET', '/%2e%2e%2f%00'],
    ['two slashes at the beginning', 'GET', '//b/x'],
    ['a path with a colon', 'GET', '/http://b/x'],
    ['a method of WebDAV', 'PROPFIND', '/x'],
    ['a method with a dash', 'M-SEARCH', '/x'],
  ].map(([name = '', method = '', target = '']) => ({
    name,
    source: 'RFC 9112 §3.2',
    bytes: withLine(`${method} ${target} HTTP/1.1`),
    expected: [forwarded(method, target)],
  })),
  {
    name: 'one empty line before the request',
    source: 'RFC 9112 §2.2',
    bytes: `\r\n${withLine('GET /x HTTP/1.1')}`,
    expected: [forwarded('GET', '/x')],
  },
];

export const REQUEST_LINES: readonly RequestCase[] = [
  ...BAD_LINES,
  ...BAD_METHODS,
  ...BAD_VERSIONS,
  ...BAD_TARGETS,
  ...VALID,
];
