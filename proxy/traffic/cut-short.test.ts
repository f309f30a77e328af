/** A request that its client breaks off, at any place: no node takes it for a whole one, and the client is told. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startPlane, type TestPlane } from '../testing/data-plane.ts';
import { ParsedNode } from '../testing/parsed-node.ts';
import { RawClient } from '../testing/raw-client.ts';
import { readAnswers } from '../testing/read-answers.ts';

const REQUESTS = {
  'without a body': 'GET /x HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n',
  'with a length': 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  chunked:
    'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\nX: y\r\n\r\n',
};

describe('a request that is broken off at any place', () => {
  let node: ParsedNode;
  let plane: TestPlane;

  before(async () => {
    node = await ParsedNode.start();
    plane = await startPlane([{ name: 'n1', port: node.port }]);
  });
  after(async () => {
    await plane.close();
    await node.close();
  });

  for (const [what, bytes] of Object.entries(REQUESTS)) {
    it(`${what} is refused`, async () => {
      for (let length = 1; length < bytes.length; length++) {
        const client = await RawClient.open(plane.port);
        client.socket.end(bytes.slice(0, length), 'latin1');
        const [answer, ...others] = readAnswers(await client.untilEnd());
        client.close();
        assert.deepEqual([answer?.status, others], [400, []], bytes.slice(0, length));
        assert.equal(JSON.parse(answer?.body ?? '').error.code, 'bad_request');
      }
      assert.deepEqual(node.requests, []);
    });
  }
});
