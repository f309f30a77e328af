/** Answers that two readers could take for different ones: none of them is delivered as if it were whole. */
import { type AnswerCase, answer, answersAlike } from './answer-case.ts';

const INVALID = 'node_answer_invalid';
const OK = 'HTTP/1.1 200 OK';
const withLines = (...lines: string[]) => `${answer(OK, ...lines)}hello`;
const withStatusLine = (line: string) => `${answer(line, 'Content-Length: 5')}hello`;
const chunked = (coding: string) => answer(OK, 'Transfer-Encoding: chunked') + coding;

const STATUS_LINES = answersAlike(INVALID, 'RFC 9112 §4', [
  ['a status of two digits', withStatusLine('HTTP/1.1 20 OK')],
  ['a status of four digits', withStatusLine('HTTP/1.1 2000 OK')],
  ['a status below 100', withStatusLine('HTTP/1.1 099 OK')],
  ['a status with a sign', withStatusLine('HTTP/1.1 +20 OK')],
  ['a status in hex', withStatusLine('HTTP/1.1 0xc OK')],
  ['a status line without a status', withStatusLine('HTTP/1.1 OK')],
  ['two spaces before the status', withStatusLine('HTTP/1.1  200 OK')],
  ['a tab before the status', withStatusLine('HTTP/1.1\t200 OK')],
  ['a tab behind the status', withStatusLine('HTTP/1.1 200\tOK')],
  ['version 1.2 of an answer', withStatusLine('HTTP/1.2 200 OK')],
  ['version 2 of an answer', withStatusLine('HTTP/2 200 OK with more')],
  ['a version in lower case of an answer', withStatusLine('http/1.1 200 OK')],
  ['a protocol other than HTTP', withStatusLine('ICY 200 OK and more')],
  ['an empty line before the status line', `\r\n${withStatusLine(OK)}`],
  ['a body without a head (HTTP/0.9)', '<html>hello</html>'],
  ['a request for an answer', 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a reason with a NUL', withStatusLine('HTTP/1.1 200 O\0K')],
  ['a reason with a bare CR', withStatusLine('HTTP/1.1 200 O\rK')],
  ['a reason with a bare LF', withStatusLine('HTTP/1.1 200 OK\nX: 1')],
]);

const FIELDS = answersAlike(INVALID, 'RFC 9112 §2.2, §5', [
  ['an answer with obs-fold', withLines('Content-Length: 5', 'X: 1', ' 2')],
  ['an answer with a space before the colon', withLines('Content-Length : 5')],
  ['an answer with a space before a name', answer(OK, ' Content-Length: 5')],
  ['an answer with an empty field name', withLines('Content-Length: 5', ': 1')],
  ['an answer with a line without a colon', withLines('Content-Length: 5', 'X')],
  ['an answer with a NUL in a value', withLines('Content-Length: 5', 'X: \0')],
  ['an answer with a bare LF in a value', withLines('Content-Length: 5', 'X: 1\nSet-Cookie: y=1')],
  ['an answer with a bare CR in a value', withLines('Content-Length: 5', 'X: 1\rSet-Cookie: y=1')],
  ['an answer with bare LF only', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'],
  ['an answer with a head above 16 KiB', withLines('Content-Length: 5', `X: ${'x'.repeat(16 * 1024)}`)],
  ['an answer with a head without an end', `${OK}\r\nX: ${'x'.repeat(20 * 1024)}`],
  ['an answer with 101 field lines', withLines('Content-Length: 5', ...Array(100).fill('X: 1'))],
]);

const FRAMING = answersAlike(INVALID, 'RFC 9112 §6.3', [
  ['an answer with two lengths, different', withLines('Content-Length: 5', 'Content-Length: 3')],
  ['an answer with two lengths, the same', withLines('Content-Length: 5', 'content-length: 5')],
  ['an answer with a list of lengths', withLines('Content-Length: 5, 5')],
  ['an answer with a signed length', withLines('Content-Length: +5')],
  ['an answer with a negative length', withLines('Content-Length: -1')],
  ['an answer with a length in hex', withLines('Content-Length: 0x5')],
  ['an answer with an empty length', withLines('Content-Length:')],
  ['an answer with a length that overflows', withLines('Content-Length: 18446744073709551621')],
  ['an answer with length and coding', `${withLines('Content-Length: 5', 'Transfer-Encoding: chunked')}`],
  ['an answer with coding and length', `${withLines('Transfer-Encoding: chunked', 'Content-Length: 5')}`],
  ['an answer with two codings', withLines('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  ['an answer with the coding xchunked', withLines('Transfer-Encoding: xchunked')],
  ['an answer with the coding identity', withLines('Transfer-Encoding: identity')],
  ['an answer with the codings gzip, chunked', withLines('Transfer-Encoding: gzip, chunked')],
  ['an answer with the codings chunked, identity', withLines('Transfer-Encoding: chunked, identity')],
  ['a chunked answer in HTTP/1.0', `${answer('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
  ['a 304 with two lengths', answer('HTTP/1.1 304 Not Modified', 'Content-Length: 5', 'Content-Length: 3')],
]);

const SWITCHING: AnswerCase[] = [
  ...answersAlike(INVALID, 'RFC 9110 §15.2', [
    ['an interim answer of HTTP/1.0', `${answer('HTTP/1.0 103 Early Hints')}${answer(OK, 'Content-Length: 0')}`],
  ]),
  ...answersAlike(INVALID, 'RFC 9110 §15.2.2', [
    [
      'a 101 that nobody asked for',
      answer('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'),
    ],
    ['a 101 without Upgrade', answer('HTTP/1.1 101 Switching Protocols')],
  ]),
  ...answersAlike(
    INVALID,
    'RFC 9110 §7.8',
    [
      ['a 101 to another protocol than asked for', answer('HTTP/1.1 101 X', 'Connection: Upgrade', 'Upgrade: h2c')],
      ['a 101 that does not say to what', answer('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade')],
      ['a 101 in HTTP/1.0', answer('HTTP/1.0 101 X', 'Connection: Upgrade', 'Upgrade: websocket')],
    ],
    { asks: 'upgrade' },
  ),
];

const BROKEN_OFF: AnswerCase[] = [
  ...answersAlike(
    'node_failed',
    'RFC 9112 §8',
    [
      ['a node that closes without a byte', ''],
      ['a node that closes within the status line', 'HTTP/1.1 20'],
      ['a node that closes within the head', `${OK}\r\nContent-Le`],
      ['a node that closes after an interim answer', answer('HTTP/1.1 103 Early Hints')],
    ],
    { closes: true },
  ),
  ...answersAlike(
    'cut-off',
    'RFC 9112 §8',
    [
      ['an answer shorter than its Content-Length', `${answer(OK, 'Content-Length: 50')}hello`],
      ['an answer without any of its body', answer(OK, 'Content-Length: 5')],
      ['a chunked answer that ends within a chunk', chunked('5\r\nhe')],
      ['a chunked answer that ends before the last chunk', chunked('5\r\nhello\r\n')],
      ['a chunked answer that ends within the last chunk', chunked('5\r\nhello\r\n0\r\n')],
      ['a chunked answer that ends within its trailers', chunked('0\r\nX: 1\r\n')],
    ],
    { closes: true },
  ),
  ...answersAlike('cut-off', 'RFC 9112 §7.1', [
    ['an answer with a chunk size that is no number', chunked('5\r\nhello\r\nG\r\n')],
    ['an answer with a negative chunk size', chunked('-5\r\nhello\r\n0\r\n\r\n')],
    ['an answer with a chunk size that overflows', chunked('10000000000000005\r\nhello\r\n0\r\n\r\n')],
    ['an answer with a space behind a chunk size', chunked('5 \r\nhello\r\n0\r\n\r\n')],
    ['an answer with a bare LF behind a chunk size', chunked('5\nhello\r\n0\r\n\r\n')],
    ['an answer with chunk data longer than its size', chunked('5\r\nhello!\r\n0\r\n\r\n')],
    ['an answer with a bare LF in a chunk extension', chunked('5;a\nb\r\nhello\r\n0\r\n\r\n')],
    ['an answer with a malformed trailer', chunked('5\r\nhello\r\n0\r\nX : 1\r\n\r\n')],
  ]),
];

export const HOSTILE_ANSWERS: readonly AnswerCase[] = [
  ...STATUS_LINES,
  ...FIELDS,
  ...FRAMING,
  ...SWITCHING,
  ...BROKEN_OFF,
];
