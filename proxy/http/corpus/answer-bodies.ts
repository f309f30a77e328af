/** Bodies of answers: what is not whole by one reading is cut off, visibly, and what is too long is left behind. */
import { type AnswerCase, answer, answersAlike, delivered } from './answer-case.ts';

const OK = 'HTTP/1.1 200 OK';
const SECOND = `${answer(OK, 'Content-Length: 6')}stolen`;
const HEAD = answer(OK, 'Transfer-Encoding: chunked');
const END = '0\r\n\r\n';
const hello = (...lines: string[]) => `${answer(...lines, 'Content-Length: 5')}hello`;
const shown = (text: string) => JSON.stringify(text);
const unfit = { reused: false };

const WRONG_ENDS = ['\n', '\r', '\n\r', '\r\r\n', '\n\n', '\0\n'];

const FUNKY = WRONG_ENDS.flatMap((end) =>
  answersAlike('cut-off', 'Funky chunks 2025, of an answer', [
    [`an answer with ${shown(end)} for the end of a chunk size`, `${HEAD}5${end}hello\r\n${END}`],
    [`an answer with ${shown(end)} in a chunk extension`, `${HEAD}5;${end}hello\r\n${END}`],
    [`an answer with ${shown(end)} for the end of chunk data`, `${HEAD}5\r\nhello${end}${END}`],
    [`an answer with ${shown(end)} behind the last chunk`, `${HEAD}5\r\nhello\r\n0${end}\r\n`],
  ]),
);

const CHUNKS = answersAlike('cut-off', 'RFC 9112 §7.1', [
  ['an answer with an empty chunk size', `${HEAD}\r\nhello\r\n${END}`],
  ['an answer with a chunk size with a hex prefix', `${HEAD}0x5\r\nhello\r\n${END}`],
  ['an answer with a chunk size with a plus sign', `${HEAD}+5\r\nhello\r\n${END}`],
  ['an answer with a chunk size of 9 digits', `${HEAD}000000005\r\nhello\r\n${END}`],
  ['an answer with a space before a chunk size', `${HEAD} 5\r\nhello\r\n${END}`],
  ['an answer with chunk data shorter than its size', `${HEAD}6\r\nhello\r\n${END}`],
  ['an answer with two bytes that are no end of a chunk (CVE-2025-43859)', `${HEAD}5\r\nhelloXX${END}`],
  ['an answer with a last chunk that has data', `${HEAD}0\r\nhello\r\n${END}`],
  ['an answer with an extension above 4 KiB (CVE-2023-39326)', `${HEAD}5;${'a'.repeat(4097)}\r\nhello\r\n${END}`],
  ['an answer with a trailer without a colon', `${HEAD}5\r\nhello\r\n0\r\nX\r\n\r\n`],
  ['an answer with a trailer that is folded', `${HEAD}5\r\nhello\r\n0\r\nX: 1\r\n 2\r\n\r\n`],
  ['an answer with a trailer with a bare LF', `${HEAD}5\r\nhello\r\n0\r\nX: 1\nY: 2\r\n\r\n`],
  ['an answer with another one for trailers', `${HEAD}5\r\nhello\r\n0\r\n${SECOND}`],
  ['an answer with a trailer that is a length (CVE-2025-12642)', `${HEAD}5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n`],
  ['an answer with a trailer that is a coding', `${HEAD}5\r\nhello\r\n0\r\nTransfer-Encoding: x\r\n\r\n`],
  ['an answer with 33 trailers', `${HEAD}5\r\nhello\r\n0\r\n${'X: 1\r\n'.repeat(33)}\r\n`],
  ['an answer with trailers above 8 KiB', `${HEAD}5\r\nhello\r\n0\r\nX: ${'x'.repeat(9000)}\r\n\r\n`],
]);

const CUT_SHORT = answersAlike(
  'cut-off',
  'RFC 9112 §8',
  [
    ['a long answer that is cut short', `${answer(OK, 'Content-Length: 1000000')}${'x'.repeat(70_000)}`],
    ['a chunked answer that ends within a chunk size', `${HEAD}5\r\nhello\r\n1`],
    ['a chunked answer that ends within the end of a chunk', `${HEAD}5\r\nhello\r`],
    ['a chunked answer that ends within an extension', `${HEAD}5\r\nhello\r\n0;a`],
    ['a chunked answer that ends with the line of its last chunk', `${HEAD}0\r\n`],
    ['a chunked answer without a byte', HEAD],
  ],
  { closes: true },
);

const LEFT_BEHIND = [
  ...answersAlike(delivered(200, 'hello', unfit), 'RFC 9112 §6.3, response-queue poisoning', [
    ['a NUL behind an answer', `${hello(OK)}\0`],
    ['half an answer behind an answer', `${hello(OK)}HTTP/1.1 200 OK\r\nSet-Cookie: a=`],
    ['an interim answer behind an answer', `${hello(OK)}${answer('HTTP/1.1 103 X')}`],
    ['a last chunk behind the last chunk', `${HEAD}5\r\nhello\r\n${END}${END}`],
    ['a request behind an answer', `${hello(OK)}GET /admin HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['100 KB behind an answer', hello(OK) + 'x'.repeat(100_000)],
  ]),
  ...answersAlike(delivered(200, '', unfit), 'RFC 9112 §6.3, response-queue poisoning', [
    ['a body behind Content-Length 0', `${answer(OK, 'Content-Length: 0')}hello`],
    ['a second answer behind Content-Length 0', answer(OK, 'Content-Length: 0') + SECOND],
  ]),
  ...answersAlike(
    delivered(200, '', unfit),
    'RFC 9110 §9.3.2, CVE-2024-33452',
    [
      ['a second answer behind one to HEAD', answer(OK, 'Content-Length: 5') + SECOND],
      ['a body of a length of its own behind one to HEAD', `${answer(OK, 'Content-Length: 5')}hello!`],
      ['a body that ends with the connection behind one to HEAD', `${answer(OK)}hello`],
    ],
    { asks: 'head' },
  ),
  ...answersAlike(delivered(204, '', unfit), 'RFC 9110 §15.3.5', [
    ['a chunked body behind a 204', `${answer('HTTP/1.1 204 X', 'Transfer-Encoding: chunked')}5\r\nhello\r\n${END}`],
    ['a second answer behind a 204', answer('HTTP/1.1 204 X') + SECOND],
  ]),
  ...answersAlike(delivered(304, '', unfit), 'RFC 9110 §15.4.5', [
    ['a chunked body behind a 304', `${answer('HTTP/1.1 304 X', 'Transfer-Encoding: chunked')}5\r\nhello\r\n${END}`],
    ['a second answer behind a 304', answer('HTTP/1.1 304 X', 'ETag: "a"') + SECOND],
  ]),
];

const every = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');

const WHOLE = [
  ...answersAlike(delivered(200, every, { verbatim: true }), 'RFC 9110 §6.4', [
    ['a body of all bytes there are', answer(OK, 'Content-Length: 256') + every],
  ]),
  ...answersAlike(delivered(200, every), 'RFC 9110 §6.4', [
    ['a chunked body of all bytes there are', `${HEAD}100\r\n${every}\r\n${END}`],
  ]),
  ...answersAlike(delivered(200, 'x'.repeat(200_000)), 'RFC 9112 §6.3', [
    ['a body of 200 KB', answer(OK, 'Content-Length: 200000') + 'x'.repeat(200_000)],
    ['a chunk of 200 KB', `${HEAD}30d40\r\n${'x'.repeat(200_000)}\r\n${END}`],
    ['a body of 2,000 chunks', `${HEAD}${`64\r\n${'x'.repeat(100)}\r\n`.repeat(2000)}${END}`],
  ]),
  ...answersAlike(delivered(200, SECOND), 'RFC 9112 §6.3', [
    ['a body that reads like an answer', answer(OK, `Content-Length: ${SECOND.length}`) + SECOND],
    ['a chunk that reads like an answer', `${HEAD}${SECOND.length.toString(16)}\r\n${SECOND}\r\n${END}`],
  ]),
  ...answersAlike(delivered(200, 'hello', { trailers: ['X: 1', 'Y: 2'], lacks: ['trailer'] }), 'RFC 9110 §6.5', [
    [
      'an answer with trailers',
      `${answer(OK, 'Transfer-Encoding: chunked', 'Trailer: X, Y')}5\r\nhello\r\n0\r\nX: 1\r\nY: 2\r\n\r\n`,
    ],
    [
      'an answer with trailers that may be none',
      `${HEAD}5\r\nhello\r\n0\r\nX: 1\r\nSet-Cookie: a=1\r\nConnection: close\r\nY: 2\r\nWWW-Authenticate: x\r\n\r\n`,
    ],
  ]),
  ...answersAlike(delivered(200, 'hello', { has: ['Content-Length: 005'] }), 'RFC 9110 §8.6', [
    ['an answer with a length with leading zeros', `${answer(OK, 'Content-Length: 005')}hello`],
  ]),
  ...answersAlike(delivered(205, ''), 'RFC 9110 §15.3.6', [
    ['a 205', answer('HTTP/1.1 205 Reset Content', 'Content-Length: 0')],
  ]),
  ...answersAlike(delivered(206, 'he', { has: ['Content-Range: bytes 0-1/5'] }), 'RFC 9110 §14.4', [
    ['a 206', `${answer('HTTP/1.1 206 X', 'Content-Range: bytes 0-1/5', 'Content-Length: 2')}he`],
  ]),
];

export const ANSWER_BODIES: readonly AnswerCase[] = [...FUNKY, ...CHUNKS, ...CUT_SHORT, ...LEFT_BEHIND, ...WHOLE];
