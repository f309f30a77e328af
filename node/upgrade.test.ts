import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestNode } from './testing/nodes.ts';
import { RawClient } from './testing/raw-client.ts';

const UPGRADE = 'Host: a\r\nConnection: Upgrade\r\n';
const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

const cases: readonly [what: string, head: string, status: number][] = [
  ['to another protocol is ignored', `GET /cobrowse/health HTTP/1.1\r\n${UPGRADE}Upgrade: h2c\r\n\r\n`, 200],
  [
    'to a WebSocket elsewhere is ignored',
    `GET /cobrowse/health HTTP/1.1\r\n${UPGRADE}Upgrade: websocket\r\n${KEY}\r\n`,
    200,
  ],
  [
    'with a body is refused',
    `POST /cobrowse/rest/live/sessions HTTP/1.1\r\n${UPGRADE}Upgrade: h2c\r\nContent-Length: 2\r\n\r\n{}`,
    400,
  ],
  ['without a key is refused', `GET /cobrowse/cometd HTTP/1.1\r\n${UPGRADE}Upgrade: websocket\r\n\r\n`, 400],
  [
    'of an old version is refused',
    `GET /cobrowse/cometd HTTP/1.1\r\n${UPGRADE}Upgrade: websocket\r\n${KEY.replace('13', '7')}\r\n`,
    400,
  ],
  ['by POST is refused', `POST /cobrowse/cometd HTTP/1.1\r\n${UPGRADE}Upgrade: websocket\r\n${KEY}\r\n`, 405],
];

for (const [what, head, status] of cases) {
  test(`an upgrade ${what}`, async (t) => {
    const node = await startTestNode(t);
    const client = await RawClient.connect(t, node.port);
    client.send(head);
    assert.match(await client.closed(), new RegExp(`^HTTP/1\\.1 ${status} `));
  });
}

test('an upgrade to the live channel is accepted, on the paths below it too', async (t) => {
  const node = await startTestNode(t);
  for (const path of ['/cometd', '/cometd/handshake']) {
    const client = await RawClient.connect(t, node.port);
    client.send(`GET /cobrowse${path} HTTP/1.1\r\n${UPGRADE}Upgrade: websocket\r\n${KEY}\r\n`);
    const head = await client.receive('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.match(head, /\r\nSet-Cookie: gcbSessionServer=CB_Server_1; Path=\/\r\n/);
    client.socket.destroy();
  }
});
