/** Heads of answers that one reader ends, splits or measures where another does not. */
import { type AnswerCase, answer, answersAlike } from './answer-case.ts';

const INVALID = 'node_answer_invalid';
const OK = 'HTTP/1.1 200 OK';
const withLine = (line: string) => `${answer(line, 'Content-Length: 5')}hello`;
const withFields = (...lines: string[]) => `${answer(OK, 'Content-Length: 5', ...lines)}hello`;
const withFraming = (...lines: string[]) => `${answer(OK, ...lines)}hello`;
const shown = (text: string) => JSON.stringify(text);

const NOT_IN_NAMES = ' \t()<>@,;\\"/[]?={}\x00\x01\x0b\x1b\x7f\x80\xe9';
const NOT_IN_VALUES = '\x00\x01\x08\x0b\x0c\x1b\x7f';

const STATUS_LINES = [
  ...answersAlike(INVALID, 'RFC 9112 §4', [
    ['a space before the version of an answer', withLine(' HTTP/1.1 200 OK')],
    ['a comma behind the status', withLine('HTTP/1.1 200,OK')],
    ['no space behind the status', withLine('HTTP/1.1 200OK')],
    ['a status with an exponent', withLine('HTTP/1.1 2e2 OK')],
    ['a status with a space inside', withLine('HTTP/1.1 2 0 OK')],
    ['a status of zeros', withLine('HTTP/1.1 000 OK')],
    ['a status with a fraction', withLine('HTTP/1.1 200.1 OK')],
    ['a status with a minus sign', withLine('HTTP/1.1 -20 OK')],
    ['a reason with a DEL', withLine('HTTP/1.1 200 O\x7fK')],
    ['a reason with an escape sequence', withLine('HTTP/1.1 200 \x1b[31mOK')],
    ['a status line ended by CR CR LF', withLine('HTTP/1.1 200 OK\r')],
    ['a status line ended by LF CR', 'HTTP/1.1 200 OK\n\rContent-Length: 5\r\n\r\nhello'],
    ['a reason of 20 KiB', withLine(`HTTP/1.1 200 ${'x'.repeat(20 * 1024)}`)],
  ]),
  ...answersAlike(INVALID, 'RFC 9112 §2.3', [
    ['version 1.10 of an answer', withLine('HTTP/1.10 200 OK')],
    ['version 0.9 of an answer', withLine('HTTP/0.9 200 OK')],
    ['version 3.0 of an answer', withLine('HTTP/3.0 200 OK')],
    ['a version with a space of an answer', withLine('HTTP /1.1 200 OK')],
    ['a version with a comma of an answer', withLine('HTTP/1,1 200 OK')],
    ['an answer of another protocol with a version', withLine('RTSP/1.0 200 OK')],
    ['a byte order mark before an answer', withLine('\xef\xbb\xbfHTTP/1.1 200 OK')],
    ['a NUL before an answer', withLine('\0HTTP/1.1 200 OK')],
    ['a bare LF before an answer', withLine('\nHTTP/1.1 200 OK')],
    ['the greeting of another protocol', '220 mail.example ESMTP\r\n'],
    ['a TLS alert for an answer', '\x15\x03\x01\x00\x02\x02\x46 and more'],
    ['the SETTINGS of HTTP/2 for an answer', '\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64'],
  ]),
];

const FIELDS = [
  ...answersAlike(
    INVALID,
    'RFC 9110 §5.1',
    [...NOT_IN_NAMES].map((c) => [`an answer with ${shown(c)} in a field name`, withFields(`X${c}Y: 1`)] as const),
  ),
  ...answersAlike(
    INVALID,
    'RFC 9110 §5.5',
    [...NOT_IN_VALUES].map((c) => [`an answer with ${shown(c)} in a field value`, withFields(`X: a${c}b`)] as const),
  ),
  ...answersAlike(INVALID, 'RFC 9112 §2.2, §5.2', [
    ['an answer with a folded Set-Cookie', withFields('Set-Cookie: a=1;', ' Secure')],
    ['an answer with a folded length', withFraming('Content-Length:', ' 5')],
    ['an answer with a fold of a tab', withFields('X: 1', '\t2')],
    ['an answer with a blank line of a space', withFields(' ')],
    ['an answer whose head ends with a bare LF', `${OK}\r\nContent-Length: 5\r\n\nhello`],
    ['an answer whose head ends with CR and no LF', `${OK}\r\nContent-Length: 5\r\n\rXhello`],
    ['an answer whose field line CR CR LF ends', withFields('X: 1\r')],
    ['an answer with a status line among its fields', withFields('HTTP/1.1 200 OK')],
    ['an answer whose Connection is no list of tokens', withFields('Connection: close; x')],
    ['an answer whose Connection is in quotes', withFields('Connection: "close"')],
  ]),
  ...answersAlike(INVALID, 'CVE-2022-37436, CVE-2023-27522, Apache httpd: fields that end the head early', [
    ['an answer with a NUL before its cookie', withFields('X: \0', 'Set-Cookie: a=1; Secure')],
    ['an answer with a line end in its cookie', withFields('Set-Cookie: a=1\n\n<script>')],
    ['an answer with an empty line of CR', withFields('X: 1\r\rY: 2')],
    ['an answer with a line that is a value', withFields('X: 1', '2')],
  ]),
  ...answersAlike(INVALID, 'limits.head, limits.headers', [
    ['an answer with 1,200 tiny field lines', withFields(...Array(1200).fill('X: 1'))],
    ['an answer with a field name of 20 KiB', withFields(`${'x'.repeat(20 * 1024)}: 1`)],
    ['an answer with a head of 1 MB', withFields(`X: ${'x'.repeat(1_000_000)}`)],
  ]),
];

const LENGTHS = answersAlike(INVALID, 'RFC 9110 §8.6, RFC 9112 §6.3', [
  ['an answer with lengths in two letter cases (CVE-2026-1525)', withFraming('Content-Length: 5', 'CONTENT-length: 4')],
  ['an answer with three lengths', withFraming('Content-Length: 5', 'Content-Length: 5', 'Content-Length: 5')],
  ['an answer with a list of different lengths', withFraming('Content-Length: 5, 4')],
  ['an answer with a length and a comma', withFraming('Content-Length: 5,')],
  ['an answer with a length with a fraction', withFraming('Content-Length: 5.0')],
  ['an answer with a length with an exponent', withFraming('Content-Length: 5e0')],
  ['an answer with a length with a space inside', withFraming('Content-Length: 5 5')],
  ['an answer with a length in quotes', withFraming('Content-Length: "5"')],
  ['an answer with a length with junk', withFraming('Content-Length: 5 bytes')],
  ['an answer with a length with a non-breaking space', withFraming('Content-Length: 5\xa0')],
  ['an answer with a length beyond 2^53', withFraming('Content-Length: 9007199254740993')],
  [
    'an answer to which no body belongs, with two lengths',
    answer('HTTP/1.1 204 X', 'Content-Length: 0', 'Content-Length: 5'),
  ],
  [
    'an answer to which no body belongs, with length and coding',
    answer('HTTP/1.1 304 X', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
  ],
]);

const CODINGS = answersAlike(INVALID, 'RFC 9112 §6.1, §7', [
  ['an answer with an empty coding', withFraming('Transfer-Encoding:')],
  ['an answer with a coding in quotes', withFraming('Transfer-Encoding: "chunked"')],
  ['an answer with a coding and a parameter', withFraming('Transfer-Encoding: chunked;x=y')],
  ['an answer with a coding and a comma', withFraming('Transfer-Encoding: chunked,')],
  ['an answer with a comma and a coding', withFraming('Transfer-Encoding: ,chunked')],
  ['an answer with codings chunked, chunked', withFraming('Transfer-Encoding: chunked, chunked')],
  [
    'an answer with chunked behind gzip in a line of its own',
    withFraming('Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'),
  ],
  ['an answer with the coding gzip', withFraming('Transfer-Encoding: gzip')],
  [
    'an answer with a coding and a length in another letter case',
    withFraming('transfer-encoding: chunked', 'CONTENT-LENGTH: 5'),
  ],
  ['an answer with a coding with a non-breaking space', withFraming('Transfer-Encoding: chunked\xa0')],
  [
    'an answer with a coding that Connection names away',
    withFraming('Connection: transfer-encoding', 'Transfer-Encoding: x'),
  ],
  [
    'an answer of HTTP/1.0 with a coding and a length',
    `${answer('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`,
  ],
]);

const TO_HEAD = answersAlike(
  INVALID,
  'RFC 9110 §9.3.2',
  [
    ['an answer to HEAD with two lengths', answer(OK, 'Content-Length: 5', 'Content-Length: 4')],
    ['an answer to HEAD with length and coding', answer(OK, 'Content-Length: 5', 'Transfer-Encoding: chunked')],
    ['an answer to HEAD with a malformed length', answer(OK, 'Content-Length: five')],
  ],
  { asks: 'head' },
);

export const ANSWER_HEADS: readonly AnswerCase[] = [...STATUS_LINES, ...FIELDS, ...LENGTHS, ...CODINGS, ...TO_HEAD];
