/** Answers that are delivered, odd ones among them, and whether the node's connection is fit for another request. */
import { type AnswerCase, answer, answersAlike, delivered } from './answer-case.ts';

const OK = 'HTTP/1.1 200 OK';
const hello = (...lines: string[]) => `${answer(...lines, 'Content-Length: 5')}hello`;
const chunked = (coding: string) => answer(OK, 'Transfer-Encoding: chunked') + coding;
const SECOND = hello('HTTP/1.1 200 OK', 'Set-Cookie: stolen=1');
const unfit = { reused: false };

const FRAMING: AnswerCase[] = [
  ...answersAlike(delivered(200, 'hello'), 'RFC 9112 §6.3', [
    ['an answer with a Content-Length', hello(OK)],
    ['a chunked answer', chunked('3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n')],
    ['a chunked answer in any letter case', `${answer(OK, 'tRANSFER-eNCODING:\tCHUNKED ')}5\r\nhello\r\n0\r\n\r\n`],
    ['an answer without a reason', hello('HTTP/1.1 200')],
    ['an answer with an empty reason', hello('HTTP/1.1 200 ')],
    ['an answer with obs-text in its reason', hello('HTTP/1.1 200 Gr\xfc\xdfe')],
    ['an answer of HTTP/1.0 that keeps alive', hello('HTTP/1.0 200 OK', 'Connection: keep-alive')],
  ]),
  ...answersAlike(delivered(200, 'hello', unfit), 'RFC 9112 §9.3', [
    ['an answer of HTTP/1.0', hello('HTTP/1.0 200 OK')],
    ['an answer whose node closes', hello(OK, 'Connection: close')],
    ['an answer whose node closes, in a list and another letter case', hello(OK, 'connection: x, CLOSE')],
    ['an answer of HTTP/1.0 that says both', hello('HTTP/1.0 200 OK', 'Connection: keep-alive, close')],
  ]),
  ...answersAlike(
    delivered(200, 'hello', unfit),
    'RFC 9112 §6.3',
    [
      ['an answer that ends with its connection', `${answer(OK)}hello`],
      ['an answer of HTTP/1.0 that ends with its connection', `${answer('HTTP/1.0 200 OK')}hello`],
    ],
    { closes: true },
  ),
  ...answersAlike(delivered(200, ''), 'RFC 9112 §6.3', [
    ['an answer with Content-Length 0', answer(OK, 'Content-Length: 0')],
    ['a chunked answer without data', chunked('0\r\n\r\n')],
  ]),
  ...answersAlike(delivered(999, 'hello'), 'RFC 9110 §15', [['a status of no known class', hello('HTTP/1.1 999 Odd')]]),
];

const WITHOUT_BODY: AnswerCase[] = [
  ...answersAlike(
    delivered(200, ''),
    'RFC 9110 §9.3.2',
    [
      ['an answer to HEAD with a Content-Length', answer(OK, 'Content-Length: 5')],
      ['an answer to HEAD with a coding', answer(OK, 'Transfer-Encoding: chunked')],
      ['an answer to HEAD with neither', answer(OK)],
    ],
    { asks: 'head' },
  ),
  ...answersAlike(
    delivered(200, '', unfit),
    'RFC 9110 §9.3.2',
    [
      ['an answer to HEAD with a body', hello(OK)],
      ['an answer to HEAD with a chunked body', chunked('0\r\n\r\n')],
    ],
    { asks: 'head' },
  ),
  ...answersAlike(delivered(204, '', { lacks: ['content-length', 'transfer-encoding'] }), 'RFC 9110 §8.6', [
    ['a 204', answer('HTTP/1.1 204 No Content')],
    ['a 204 with a Content-Length', answer('HTTP/1.1 204 No Content', 'Content-Length: 5')],
    ['a 204 with a coding', answer('HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked')],
  ]),
  ...answersAlike(delivered(304, '', { has: ['Content-Length: 5'] }), 'RFC 9110 §15.4.5', [
    ['a 304 with the length of what it leaves out', answer('HTTP/1.1 304 Not Modified', 'Content-Length: 5')],
  ]),
  ...answersAlike(delivered(304, '', unfit), 'RFC 9110 §15.4.5', [['a 304 with a body', hello('HTTP/1.1 304 X')]]),
  ...answersAlike(delivered(204, '', unfit), 'RFC 9110 §15.3.5', [['a 204 with a body', hello('HTTP/1.1 204 X')]]),
];

const SURPLUS = answersAlike(delivered(200, 'hello', unfit), 'RFC 9112 §6.3, response-queue poisoning', [
  ['a body longer than its Content-Length', `${hello(OK)} and more`],
  ['a second answer behind the first', hello(OK) + SECOND],
  ['a second answer behind a chunked one', `${chunked('5\r\nhello\r\n0\r\n\r\n')}${SECOND}`],
  ['an empty line behind the answer', `${hello(OK)}\r\n`],
]);

const FIELDS: AnswerCase[] = [
  ...answersAlike(
    delivered(200, 'hello', { has: ['Set-Cookie: a=1; Path=/', 'set-cookie: b=2', 'Set-Cookie: a=3'] }),
    'RFC 6265 §3',
    [
      [
        'several Set-Cookie stay in order and unmerged',
        hello(OK, 'Set-Cookie: a=1; Path=/', 'X: 1', 'set-cookie: b=2', 'Set-Cookie: a=3'),
      ],
    ],
  ),
  ...answersAlike(delivered(200, 'hello', { has: ['__proto__: 1', 'constructor: 2', 'X: \xe9'] }), 'CWE-1321', [
    ['an answer with names of object properties', hello(OK, '__proto__: 1', 'constructor: 2', 'X: \xe9')],
  ]),
  ...answersAlike(
    delivered(200, 'hello', {
      has: ['X: 1'],
      lacks: ['keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'trailer', 'upgrade', 'x-one', 'x-two'],
    }),
    'RFC 9110 §7.6.1',
    [
      [
        'hop-by-hop fields of an answer end here',
        hello(
          OK,
          'x-one: 1',
          'Connection: X-ONE, keep-alive',
          'connection: x-two',
          'X-Two: 2',
          'Keep-Alive: timeout=60',
          'Proxy-Connection: keep-alive',
          'Proxy-Authenticate: Basic',
          'TE: x',
          'Trailer: X',
          'Upgrade: h2c',
          'X: 1',
        ),
      ],
    ],
  ),
  ...answersAlike(delivered(200, 'hello', { has: ['Content-Length: 5'] }), 'RFC 9110 §7.6.1', [
    ['Connection may not name away the length of an answer', hello(OK, 'Connection: content-length')],
  ]),
];

const INTERIM: AnswerCase[] = [
  ...answersAlike(delivered(200, 'hello'), 'RFC 9110 §15.2.1', [
    ['a 100 that the client did not ask for', answer('HTTP/1.1 100 Continue') + hello(OK)],
    ['three of them', answer('HTTP/1.1 100 Continue').repeat(3) + hello(OK)],
  ]),
  ...answersAlike(delivered(200, 'hello', { interim: [102, 103] }), 'RFC 9110 §15.2', [
    [
      'interim answers come before the final one',
      answer('HTTP/1.1 102 Processing') + answer('HTTP/1.1 103 Early Hints', 'Link: </x>') + hello(OK),
    ],
    [
      'interim answers with a length, which they cannot have',
      answer('HTTP/1.1 102 X', 'Content-Length: 5') + answer('HTTP/1.1 103 X', 'Link: </x>') + hello(OK),
    ],
  ]),
  ...answersAlike(
    delivered(200, 'hello', { lacks: ['upgrade', 'connection'] }),
    'RFC 9110 §7.8',
    [
      ['a 200 to an upgrade', hello(OK)],
      ['a 200 to an upgrade that echoes it', hello(OK, 'Connection: Upgrade', 'Upgrade: websocket')],
    ],
    { asks: 'upgrade' },
  ),
  ...answersAlike(delivered(426, 'hello'), 'RFC 9110 §15.5.22', [['a 426 to an upgrade', hello('HTTP/1.1 426 X')]], {
    asks: 'upgrade',
  }),
];

export const ORDINARY_ANSWERS: readonly AnswerCase[] = [...FRAMING, ...WITHOUT_BODY, ...SURPLUS, ...FIELDS, ...INTERIM];
