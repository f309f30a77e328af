/** Field lines that one reader splits or joins where another does not (RFC 9112 §5). */
import { forwarded, type RequestCase, refusedAlike, request } from './case.ts';

const withLine = (...lines: string[]) => request('GET /x HTTP/1.1', 'Host: a', ...lines);

const NOT_IN_NAMES = '()<>@,;\\"/[]?={}\x00\x01\x1b\x7f\x80\xe9';
const NOT_IN_VALUES = '\x00\x01\x07\x08\x0b\x0c\x1b\x1f\x7f';

const shown = (character: string) => JSON.stringify(character);

const BAD_NAMES = refusedAlike('bad_request', 'RFC 9110 §5.1', [
  ['an empty field name', withLine(': 1')],
  ['a field line without a colon', withLine('X')],
  ['a field name with a space inside', withLine('X Y: 1')],
  ['a space before the colon', withLine('X : 1')],
  ['a tab before the colon', withLine('X\t: 1')],
  ['a second request line among the fields', withLine('GET /admin HTTP/1.1')],
  ...[...NOT_IN_NAMES].map((c) => [`a field name with ${shown(c)}`, withLine(`X${c}Y: 1`)] as const),
]);

const BAD_VALUES = refusedAlike('bad_request', 'RFC 9110 §5.5', [
  ...[...NOT_IN_VALUES].map((c) => [`a field value with ${shown(c)}`, withLine(`X: a${c}b`)] as const),
  ['a field value that begins with a NUL', withLine('X:\0')],
]);

const BAD_LINES = refusedAlike('bad_request', 'RFC 9112 §2.2, §5.2', [
  ['obs-fold with a space', withLine('X: 1', ' 2')],
  ['obs-fold with a tab', withLine('X: 1', '\t2')],
  ['whitespace before the first field', request('GET /x HTTP/1.1', ' Host: a')],
  ['a blank line of one space', withLine('X: 1', ' ', 'Y: 2')],
  ['a field line ended by a bare LF', withLine('X: 1\nY: 2')],
  ['a field line ended by a bare CR', withLine('X: 1\rY: 2')],
  ['a field line ended by CR CR LF', withLine('X: 1\r')],
  ['a field line ended by LF CR', withLine('X: 1\n\rY: 2')],
  ['a head with bare LF only', 'GET /x HTTP/1.1\nHost: a\n\n'],
  ['a head that ends with a bare LF', 'GET /x HTTP/1.1\r\nHost: a\r\n\n'],
  ['a head that ends with LF CR', 'GET /x HTTP/1.1\r\nHost: a\r\n\n\r'],
  ['a head that ends with CR CR', 'GET /x HTTP/1.1\r\nHost: a\r\n\r\r'],
  ['a Connection header that is no list of tokens', withLine('Connection: close; x')],
  ['a Connection header in quotes', withLine('Connection: "close"')],
]);

const VALID: RequestCase[] = [
  {
    name: 'names that are properties of every JavaScript object',
    source: 'CWE-1321',
    bytes: withLine('__proto__: 1', 'constructor: 2', 'toString: 3', 'hasOwnProperty: 4'),
    expected: [
      forwarded('GET', '/x', '', { has: ['__proto__: 1', 'constructor: 2', 'toString: 3', 'hasOwnProperty: 4'] }),
    ],
  },
  {
    name: 'repeated fields stay apart and in order',
    source: 'RFC 9110 §5.3',
    bytes: withLine('X: 2', 'x: 1', 'X: 2', 'Y: 0', 'X: 3'),
    expected: [forwarded('GET', '/x', '', { has: ['X: 2', 'x: 1', 'X: 2', 'Y: 0', 'X: 3'] })],
  },
  {
    name: 'empty values, obs-text, tabs inside and punctuation pass',
    source: 'RFC 9110 §5.5',
    bytes: withLine('X:', 'Y: caf\xe9 \xff', 'Z: a\tb', 'W: "a\\"b",;:=<>'),
    expected: [forwarded('GET', '/x', '', { has: ['X: ', 'Y: caf\xe9 \xff', 'Z: a\tb', 'W: "a\\"b",;:=<>'] })],
  },
  {
    name: 'every token character in a name',
    source: 'RFC 9110 §5.6.2',
    bytes: withLine("!#$%&'*+-.^_`|~09AZaz: 1"),
    expected: [forwarded('GET', '/x', '', { has: ["!#$%&'*+-.^_`|~09AZaz: 1"] })],
  },
  {
    name: 'two Cookie lines',
    source: 'RFC 6265 §5.4',
    bytes: withLine('Cookie: a=1', 'Cookie: b=2'),
    expected: [forwarded('GET', '/x', '', { has: ['Cookie: a=1', 'Cookie: b=2'] })],
  },
  {
    name: 'an empty Connection header and empty elements in its list',
    source: 'RFC 9110 §5.6.1',
    bytes: withLine('Connection:', 'Connection: , keep-alive,,', 'Keep-Alive: timeout=5'),
    expected: [forwarded('GET', '/x', '', { lacks: ['connection', 'keep-alive'] })],
  },
];

export const FIELD_LINES: readonly RequestCase[] = [...BAD_NAMES, ...BAD_VALUES, ...BAD_LINES, ...VALID];
