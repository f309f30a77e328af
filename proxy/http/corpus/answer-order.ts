/** Answers out of turn: before their request has ended, before the final one, to another protocol, to an old client. */
import { type AnswerCase, answer, answersAlike, delivered } from './answer-case.ts';

const INVALID = 'node_answer_invalid';
const OK = 'HTTP/1.1 200 OK';
const CONTINUE = answer('HTTP/1.1 100 Continue');
const SWITCHING = 'HTTP/1.1 101 Switching Protocols';
const WEBSOCKET = ['Connection: Upgrade', 'Upgrade: websocket'];
const hello = (...lines: string[]) => `${answer(...lines, 'Content-Length: 5')}hello`;
const chunked = (...lines: string[]) => `${answer(...lines, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`;

/** The rest of that body is still due: who sends the next request behind it has it taken for the body. */
const EARLY = [
  ...answersAlike(
    delivered(200, 'hello', { reused: false, ends: true }),
    'CVE-2025-4366, Pingora: a body that is not read before the connection is used again',
    [
      ['an answer before the body of its request', hello(OK)],
      ['an answer before the body that keeps alive', hello(OK, 'Connection: keep-alive', 'Keep-Alive: timeout=60')],
      ['a chunked answer before the body', chunked(OK)],
      ['an answer before the body behind a 100', CONTINUE + hello(OK)],
    ],
    { asks: 'upload' },
  ),
  ...answersAlike(
    delivered(413, 'hello', { reused: false, ends: true }),
    'RFC 9110 §15.5.14',
    [['a 413 before the body', hello('HTTP/1.1 413 Content Too Large')]],
    { asks: 'upload' },
  ),
  ...answersAlike(
    delivered(204, '', { reused: false, ends: true }),
    'CVE-2025-4366, Pingora',
    [['a 204 before the body', answer('HTTP/1.1 204 No Content')]],
    { asks: 'upload' },
  ),
  ...answersAlike(INVALID, 'RFC 9112 §4', [['nonsense before the body', 'nonsense and more of it']], {
    asks: 'upload',
  }),
  ...answersAlike(INVALID, 'RFC 9110 §15.2.2', [['a 101 before the body', answer(SWITCHING, ...WEBSOCKET)]], {
    asks: 'upload',
  }),
];

const EXPECTING = [
  ...answersAlike(
    delivered(200, 'hello', { interim: [100] }),
    'RFC 9110 §10.1.1',
    [['a 100 to who expects it', CONTINUE + hello(OK)]],
    { asks: 'expecting' },
  ),
  ...answersAlike(
    delivered(200, 'hello', { interim: [100, 103, 100] }),
    'RFC 9110 §15.2',
    [['a 100 twice, and a 103', CONTINUE + answer('HTTP/1.1 103 X') + CONTINUE + hello(OK)]],
    { asks: 'expecting' },
  ),
  ...answersAlike(
    delivered(417, 'hello'),
    'CVE-2024-24791, Go: a final answer in place of a 100',
    [['a 417 to who sent the body all the same', hello('HTTP/1.1 417 X')]],
    { asks: 'expecting' },
  ),
  ...answersAlike(
    delivered(200, 'hello'),
    'RFC 9110 §15.2.1',
    [['a 100 to a POST that did not ask for it', CONTINUE + hello(OK)]],
    { asks: 'post' },
  ),
];

const INTERIM = [
  ...answersAlike(delivered(200, 'hello', { interim: [199] }), 'RFC 9110 §15.2', [
    ['an interim answer that nobody knows', answer('HTTP/1.1 199 Odd', 'X: 1') + hello(OK)],
  ]),
  ...answersAlike(delivered(200, 'hello', { interim: [103] }), 'RFC 9110 §7.6.1', [
    [
      'an interim answer with fields of the connection',
      answer('HTTP/1.1 103 X', 'Connection: close', 'Keep-Alive: timeout=1') + hello(OK),
    ],
    [
      'an interim answer with a coding, which it cannot have',
      answer('HTTP/1.1 103 X', 'Transfer-Encoding: chunked') + hello(OK),
    ],
  ]),
  ...answersAlike(INVALID, 'RFC 9110 §15.2', [
    ['an interim answer with a body', `${answer('HTTP/1.1 102 X', 'Content-Length: 5')}hello${hello(OK)}`],
    ['an interim answer with a chunked body', `${chunked('HTTP/1.1 103 X')}${hello(OK)}`],
    [
      'an interim answer with two lengths',
      answer('HTTP/1.1 103 X', 'Content-Length: 0', 'Content-Length: 5') + hello(OK),
    ],
    ['an interim answer with obs-fold', answer('HTTP/1.1 103 X', 'Link: a', ' b') + hello(OK)],
    ['a 100 of HTTP/1.0', answer('HTTP/1.0 100 Continue') + hello(OK)],
    ['nonsense behind an interim answer', `${CONTINUE}nonsense and more of it`],
    ['interim answers without end', answer('HTTP/1.1 103 X', `Link: ${'x'.repeat(1000)}`).repeat(100)],
    ['interim answers without end that nobody asked for', CONTINUE.repeat(5000)],
  ]),
  ...answersAlike('node_failed', 'RFC 9112 §8', [['a 100 and no answer', CONTINUE]], { closes: true }),
];

const UPGRADES = [
  ...answersAlike(INVALID, 'RFC 9110 §15.2.2', [
    ['a 101 to h2c that nobody asked for', answer(SWITCHING, 'Connection: Upgrade', 'Upgrade: h2c')],
    ['a 101 behind a 103 that nobody asked for', answer('HTTP/1.1 103 X') + answer(SWITCHING, ...WEBSOCKET)],
    ['a 101 and a 200 behind it', answer(SWITCHING, ...WEBSOCKET) + hello(OK)],
  ]),
  ...answersAlike(INVALID, 'RFC 9110 §15.2.2', [['a 101 to HEAD', answer(SWITCHING, ...WEBSOCKET)]], { asks: 'head' }),
  ...answersAlike(INVALID, 'RFC 9110 §15.2.2', [['a 101 to POST', answer(SWITCHING, ...WEBSOCKET)]], { asks: 'post' }),
  ...answersAlike(
    INVALID,
    'RFC 6455 §4.1, RFC 9110 §7.8',
    [
      [
        'a 101 to two protocols, in two lines',
        answer(SWITCHING, 'Connection: Upgrade', 'Upgrade: h2c', 'Upgrade: websocket'),
      ],
      ['a 101 to two protocols, in a list', answer(SWITCHING, 'Connection: Upgrade', 'Upgrade: websocket, h2c')],
      ['a 101 to a WebSocket of a version', answer(SWITCHING, 'Connection: Upgrade', 'Upgrade: websocket/13')],
      ['a 101 whose Connection does not say Upgrade', answer(SWITCHING, 'Upgrade: websocket')],
      ['a 101 whose Connection says close', answer(SWITCHING, 'Connection: close', 'Upgrade: websocket')],
      ['a 101 with two lengths', answer(SWITCHING, ...WEBSOCKET, 'Content-Length: 0', 'Content-Length: 1')],
      ['a 101 with an unknown coding', answer(SWITCHING, ...WEBSOCKET, 'Transfer-Encoding: x')],
    ],
    { asks: 'upgrade' },
  ),
  ...answersAlike(
    delivered(403, 'hello', { lacks: ['upgrade', 'connection'] }),
    'RFC 9110 §7.8',
    [
      ['a 403 to an upgrade that echoes it', hello('HTTP/1.1 403 X', ...WEBSOCKET)],
      ['a chunked 403 to an upgrade', chunked('HTTP/1.1 403 X', ...WEBSOCKET)],
    ],
    { asks: 'upgrade' },
  ),
  ...answersAlike(
    delivered(200, 'hello', { reused: false, lacks: ['upgrade', 'connection'] }),
    'RFC 9110 §7.8',
    [['a 200 to an upgrade that ends with its connection', `${answer(OK, ...WEBSOCKET)}hello`]],
    { asks: 'upgrade', closes: true },
  ),
  ...answersAlike(delivered(200, 'hello', { lacks: ['upgrade', 'connection'] }), 'RFC 9110 §7.8', [
    ['an answer that offers other protocols', hello(OK, 'Connection: Upgrade', 'Upgrade: h2c, websocket')],
    ['a 426 that says what it wants', hello(OK, 'Upgrade: TLS/1.2', 'Connection: upgrade')],
  ]),
];

const OLD_CLIENTS = [
  ...answersAlike(
    delivered(200, 'hello', { ends: true }),
    'RFC 9112 §6.3, §9.3',
    [
      ['an answer to HTTP/1.0', hello(OK)],
      ['a 103 that HTTP/1.0 does not know', answer('HTTP/1.1 103 X') + hello(OK)],
    ],
    { asks: 'get-1.0' },
  ),
  ...answersAlike(
    delivered(200, 'hello', { ends: true, lacks: ['transfer-encoding'] }),
    'RFC 9112 §6.1: no coding for HTTP/1.0',
    [['a chunked answer to HTTP/1.0', chunked(OK)]],
    { asks: 'get-1.0' },
  ),
  ...answersAlike(
    delivered(200, 'hello', { ends: true, reused: false }),
    'RFC 9112 §6.3',
    [['an answer to HTTP/1.0 that ends with its connection', `${answer('HTTP/1.0 200 OK')}hello`]],
    { asks: 'get-1.0', closes: true },
  ),
  ...answersAlike(
    'cut-off',
    'RFC 9112 §8',
    [
      ['an answer to HTTP/1.0 that is cut short', `${answer(OK, 'Content-Length: 50')}hello`],
      ['a chunked answer to HTTP/1.0 that is cut short', `${answer(OK, 'Transfer-Encoding: chunked')}5\r\nhello\r\n`],
    ],
    { asks: 'get-1.0', closes: true },
  ),
  ...answersAlike(
    'cut-off',
    'RFC 9112 §7.1',
    [['a malformed chunk to HTTP/1.0', `${answer(OK, 'Transfer-Encoding: chunked')}5\r\nhello\r\nx\r\n`]],
    { asks: 'get-1.0' },
  ),
  ...answersAlike(
    delivered(200, '', { ends: true }),
    'RFC 9110 §9.3.2',
    [['an answer to HEAD of HTTP/1.0', answer(OK, 'Content-Length: 5')]],
    { asks: 'head-1.0' },
  ),
];

export const ANSWER_ORDER: readonly AnswerCase[] = [...EARLY, ...EXPECTING, ...INTERIM, ...UPGRADES, ...OLD_CLIENTS];
