/** Fields of answers that must arrive as they were sent, and those that must not. */
import { type AnswerCase, answer, answersAlike, delivered } from './answer-case.ts';

const OK = 'HTTP/1.1 200 OK';
const hello = (...lines: string[]) => `${answer(OK, ...lines, 'Content-Length: 5')}hello`;

/** `[what, ...lines]`: the lines arrive so, in this order. */
const kept = (source: string, cases: readonly (readonly [what: string, ...lines: string[]])[]): AnswerCase[] =>
  cases.flatMap(([what, ...lines]) =>
    answersAlike(delivered(200, 'hello', { has: lines, verbatim: true }), source, [[what, hello(...lines)]]),
  );

const COOKIES = kept('RFC 6265 §3, §4.1', [
  ['an empty Set-Cookie', 'Set-Cookie: '],
  ['a Set-Cookie without a name', 'Set-Cookie: =1'],
  ['a Set-Cookie without a value', 'Set-Cookie: a'],
  ['a Set-Cookie with a comma in its date', 'Set-Cookie: a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT'],
  ['a Set-Cookie in quotes', 'Set-Cookie: a="b;c"'],
  ['a Set-Cookie with an open quote', 'Set-Cookie: a="b'],
  ['a Set-Cookie with obs-text', 'Set-Cookie: a=\xe9'],
  ['the same Set-Cookie three times', 'Set-Cookie: a=1', 'Set-Cookie: a=1', 'Set-Cookie: a=1'],
  ['Set-Cookie in three letter cases', 'Set-Cookie: a=1', 'SET-COOKIE: b=2', 'set-cookie: c=3'],
  ['a Set-Cookie of 8 KiB', `Set-Cookie: a=${'x'.repeat(8 * 1024)}`],
  ['ninety Set-Cookie', ...Array.from({ length: 90 }, (_, n) => `Set-Cookie: a${n}=${n}`)],
  ['a Set-Cookie2', 'Set-Cookie2: a=1'],
  ['a Set-Cookie that names a property of every object', 'Set-Cookie: __proto__=1; Path=/'],
  ['a stickiness cookie of an unknown node', 'Set-Cookie: gcbSessionServer=evil; Path=/'],
]);

const REPEATED = kept('RFC 9110 §5.3', [
  ['fields in two letter cases stay two (CVE-2026-1525)', 'X: 1', 'x: 2', 'X: 3'],
  ['two WWW-Authenticate', 'WWW-Authenticate: Basic realm="a, b"', 'WWW-Authenticate: Negotiate'],
  ['two Vary', 'Vary: Origin', 'vary: Accept-Encoding'],
  ['two Content-Type', 'Content-Type: text/plain', 'content-type: text/html'],
  ['two Location', 'Location: /a', 'Location: //b'],
  ['two Cache-Control', 'Cache-Control: no-store', 'Cache-Control: max-age=9'],
  ['two Access-Control-Allow-Origin', 'Access-Control-Allow-Origin: *', 'Access-Control-Allow-Origin: null'],
  ['Strict-Transport-Security of the node', 'Strict-Transport-Security: max-age=1'],
]);

const ODD = kept('RFC 9110 §5.1, §5.5', [
  ['an answer with empty values', 'X:', 'Y: '],
  ['an answer with blanks around values', 'X: \t 1 \t'],
  ['an answer with every token character in a name', "!#$%&'*+-.^_`|~09AZaz: 1"],
  ['an answer with underscores for dashes', 'Content_Length: 3', 'Transfer_Encoding: chunked', 'Set_Cookie: a=1'],
  ['an answer with a name that begins as one of the framing', 'Content-Lengths: 3', 'Transfer-Encodin: chunked'],
  ['an answer with a Host and a Cookie', 'Host: b', 'Cookie: a=1'],
  ['an answer with forwarding fields', 'X-Forwarded-For: 6.6.6.6', 'Via: 1.1 b', 'X-Request-Id: a'],
  ['an answer with 8-bit text', 'X: caf\xc3\xa9 \xff\x80'],
  ['an answer with a Content-Encoding', 'Content-Encoding: chunked'],
  ['an answer with the settings of another version', 'HTTP2-Settings: AAMAAABk'],
  ['an answer with no date of its own', 'Server: x'],
]);

const CUT = [
  ...answersAlike(delivered(200, 'hello', { lacks: ['x', 'y', 'connection'] }), 'RFC 9110 §7.6.1', [
    ['an answer whose Connection names other fields', hello('Connection: x, Y', 'X: 1', 'y: 2', 'x: 3')],
    ['an answer whose Connection names fields twice', hello('Connection: x, x', 'CONNECTION: y,,x', 'X: 1', 'y: 2')],
  ]),
  ...answersAlike(delivered(200, 'hello', { has: ['Content-Length: 5'], lacks: ['connection'] }), 'RFC 9110 §7.6.1', [
    ['an answer whose Connection is empty', hello('Connection:')],
    ['an answer whose Connection names what is not there', hello('Connection: x-none')],
    ['an answer whose Connection names the length in capitals', hello('Connection: CONTENT-LENGTH')],
  ]),
  ...answersAlike(delivered(200, 'hello'), 'RFC 9110 §7.6.1', [
    [
      'an answer whose Connection names its coding',
      `${answer(OK, 'Connection: transfer-encoding', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
    ],
  ]),
  ...answersAlike(delivered(200, 'hello', { lacks: ['x-cobrowse-session'] }), 'what a node says to the proxy alone', [
    ['the token of a session', hello('X-Cobrowse-Session: 123456789')],
    ['the token of a session, twice', hello('X-Cobrowse-Session: 123456789', 'x-cobrowse-session: 1')],
  ]),
  ...answersAlike(delivered(200, 'hello', { lacks: ['keep-alive'], reused: false }), 'RFC 9112 §9.3', [
    ['an answer whose node keeps its connection for a second', hello('Keep-Alive: timeout=1')],
    ['an answer whose node keeps its connection for no time', hello('Keep-Alive: timeout=0, max=100')],
    ['an answer whose node closes, in a second line', hello('Connection: x', 'Connection: close')],
    ['an answer whose node closes and keeps alive', hello('Connection: keep-alive, close')],
  ]),
  ...answersAlike(delivered(200, 'hello', { lacks: ['keep-alive', 'proxy-connection'] }), 'RFC 9112 §9.3', [
    ['an answer with a Keep-Alive that says nothing', hello('Keep-Alive: max=1, timeouts=1')],
    ['an answer with Proxy-Connection: close', hello('Proxy-Connection: close')],
  ]),
];

export const ANSWER_FIELDS: readonly AnswerCase[] = [...COOKIES, ...REPEATED, ...ODD, ...CUT];
