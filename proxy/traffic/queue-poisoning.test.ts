/**
 * Bytes that a node sends without being asked must never be taken for the answer to somebody's next request: response
 * queue poisoning, as in PortSwigger's research on desync attacks.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startPlane } from '../testing/data-plane.ts';
import { exchangeRaw, RawClient } from '../testing/raw-client.ts';
import { ok, RawNode } from '../testing/raw-node.ts';
import { isWhole, readAnswers } from '../testing/read-answers.ts';

const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const LAST = 'GET /y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const STOLEN = ok('of another client');

describe('bytes on an idle node connection', () => {
  const UNSOLICITED: readonly (readonly [what: string, bytes: string])[] = [
    ['a whole answer', STOLEN],
    ['the beginning of an answer', 'HTTP/1.1 200 OK\r\nSet-Cookie: x='],
    ['an empty line', '\r\n'],
    ['a single NUL', '\0'],
    ['a 408 of a node that closes an idle connection', 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'],
  ];
  for (const [what, bytes] of UNSOLICITED) {
    it(`(${what}) end it, and the next client gets its own answer`, async (t) => {
      const node = await RawNode.start((connection) => connection.send(ok('own')));
      t.after(() => node.close());
      const plane = await startPlane([{ name: 'n1', port: node.port }]);
      t.after(() => plane.close());
      const client = await RawClient.open(plane.port);
      t.after(() => client.close());
      client.send(GET);
      await client.until((received) => isWhole(received, ['GET']));

      const idle = await node.connection();
      idle.send(bytes);
      await idle.untilEnded();

      const answers = readAnswers(await exchangeRaw(plane.port, LAST));
      assert.deepEqual(
        answers.map(({ status, body }) => [status, body]),
        [[200, 'own']],
      );
      assert.equal(node.connections.length, 2);
      client.send(LAST);
      assert.equal(readAnswers(await client.untilEnd()).length, 2);
    });
  }
});

describe('an answer that a node sends before it is asked', () => {
  it('on a new connection is no answer to the request that comes then, if it came with more', async (t) => {
    const node = await RawNode.start((connection) => connection.send(ok('own') + STOLEN));
    t.after(() => node.close());
    const plane = await startPlane([{ name: 'n1', port: node.port }]);
    t.after(() => plane.close());
    for (let index = 0; index < 3; index++) {
      const answers = readAnswers(await exchangeRaw(plane.port, LAST));
      assert.deepEqual(
        answers.map(({ body }) => body),
        ['own'],
      );
    }
    assert.equal(node.connections.length, 3);
  });
});
