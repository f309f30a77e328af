/** CONNECT, of which a WebSocket is all that is served (RFC 8441). */
import { type FieldList, type Http2Case, pseudo, refusedAlike, SMUGGLED } from './case.ts';

const connect = (protocol: string, more: FieldList = []): FieldList => [
  ...pseudo({ method: 'CONNECT' }),
  [':protocol', protocol],
  ...more,
];

const SMUGGLING = 'Egorov, WebSocket smuggling, 2019; RFC 8441 §4';

export const CONNECTS: readonly Http2Case[] = [
  ...refusedAlike('method_not_allowed', 'RFC 9113 §8.5, RFC 8441 §4', [
    [
      'CONNECT to anywhere',
      [
        [':method', 'CONNECT'],
        [':authority', '10.0.0.1:22'],
      ],
      SMUGGLED,
    ],
    ['CONNECT without a protocol', pseudo({ method: 'CONNECT' }), SMUGGLED],
    ['CONNECT to another protocol', connect('connect-udp')],
    ['CONNECT to h2c', connect('h2c'), SMUGGLED],
    ['CONNECT to nothing', connect(''), SMUGGLED],
    ['CONNECT to a protocol in capitals', connect('WebSocket'), SMUGGLED],
    ['CONNECT to two protocols', connect('websocket, h2c'), SMUGGLED],
  ]),
  ...refusedAlike('bad_request', SMUGGLING, [
    ['a line break in :protocol', connect('websocket\r\nx: y'), SMUGGLED],
    ['two :protocol', connect('websocket', [[':protocol', 'websocket']]), SMUGGLED],
    ['a WebSocket with a transfer-encoding', connect('websocket', [['transfer-encoding', 'chunked']]), SMUGGLED],
    ['a WebSocket with an upgrade', connect('websocket', [['upgrade', 'websocket']]), SMUGGLED],
    ['a WebSocket with a path that is none', [...pseudo({ method: 'CONNECT', path: 'x' }), [':protocol', 'websocket']]],
    ['POST with :protocol', [...pseudo({ method: 'POST' }), [':protocol', 'websocket']], SMUGGLED],
  ]),
  ...refusedAlike('bad_framing', SMUGGLING, [
    ['a WebSocket that ends with its head', connect('websocket')],
    ['a WebSocket with a length', connect('websocket', [['content-length', String(SMUGGLED.length)]]), SMUGGLED],
    ['a WebSocket of length 0', connect('websocket', [['content-length', '0']]), ''],
  ]),
].map((http2Case) => ({ ...http2Case, anyCode: true }));
