/**
 * The corpus of answers on real sockets: what is whole is delivered, what is ambiguous becomes a 502 or a broken
 * connection, and whatever a node sends, the next client gets its own answer and nothing else.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { AnswerCase, DeliveredAnswer } from '../http/corpus/answer-case.ts';
import { HOSTILE_ANSWERS } from '../http/corpus/hostile-answers.ts';
import { ORDINARY_ANSWERS } from '../http/corpus/ordinary-answers.ts';
import { startPlane } from '../testing/data-plane.ts';
import { exchangeRaw, RawClient } from '../testing/raw-client.ts';
import { ok, RawNode } from '../testing/raw-node.ts';
import { isWhole, readAnswers } from '../testing/read-answers.ts';

const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

interface Setup {
  readonly node: RawNode;
  readonly port: number;
  readonly client: RawClient;
}

/** A node that answers the first request as the case says, and all others properly; and the client that asks it. */
async function ask(t: TestContext, { request, bytes, closes }: AnswerCase): Promise<Setup> {
  let asked = false;
  const node = await RawNode.start((connection) => {
    if (!connection.received.endsWith('\r\n\r\n')) return;
    if (asked) {
      connection.send(ok('next'));
      return;
    }
    asked = true;
    connection.send(bytes);
    if (closes) connection.socket.end();
  });
  t.after(() => node.close());
  const plane = await startPlane([{ name: 'n1', port: node.port }]);
  t.after(() => plane.close());
  const client = await RawClient.open(plane.port);
  t.after(() => client.close());
  client.send(request);
  return { node, port: plane.port, client };
}

async function assertNextIsServed({ node, port }: Setup, reused: boolean): Promise<void> {
  const [next, ...others] = readAnswers(await exchangeRaw(port, NEXT));
  assert.deepEqual({ status: next?.status, body: next?.body, others }, { status: 200, body: 'next', others: [] });
  assert.equal(node.connections.length, reused ? 1 : 2);
}

function assertDelivered(received: string, method: string, expected: DeliveredAnswer): void {
  const answers = readAnswers(received, [method]);
  const final = answers.pop();
  assert.ok(final);
  assert.deepEqual(
    answers.map(({ status }) => status),
    expected.interim,
  );
  assert.deepEqual({ status: final.status, body: final.body }, { status: expected.status, body: expected.body });
  assert.deepEqual(
    final.lines.filter((line) => expected.has.includes(line)),
    expected.has,
  );
  for (const name of expected.lacks) {
    assert.ok(!final.lines.some((line) => line.toLowerCase().startsWith(`${name}:`)), name);
  }
}

describe('an answer that is delivered', () => {
  for (const answerCase of ORDINARY_ANSWERS) {
    const { name, source, request, expected } = answerCase;
    it(`${name} (${source})`, async (t) => {
      assert.ok(typeof expected !== 'string');
      const setup = await ask(t, answerCase);
      const method = request.slice(0, request.indexOf(' '));
      assertDelivered(await setup.client.until((received) => isWhole(received, [method])), method, expected);
      await assertNextIsServed(setup, expected.reused);
      // Whatever the node added, it has not reached this client either, whose connection lives.
      setup.client.received = '';
      setup.client.send(NEXT);
      assertDelivered(await setup.client.untilEnd(), 'GET', { ...expected, ...NEXT_ANSWER });
    });
  }
});

const NEXT_ANSWER: DeliveredAnswer = { status: 200, body: 'next', interim: [], has: [], lacks: [], reused: true };

describe('an answer that is not', () => {
  for (const answerCase of HOSTILE_ANSWERS) {
    const { name, source, expected } = answerCase;
    it(`${name} (${source})`, async (t) => {
      const setup = await ask(t, answerCase);
      const received = await setup.client.untilEnd();
      if (expected === 'cut-off') {
        assert.ok(setup.client.reset, 'the connection breaks');
        assert.ok(!isWhole(received, ['GET']), received);
      } else {
        const refusal = readAnswers(received).at(-1);
        assert.equal(refusal?.status, 502);
        assert.equal(JSON.parse(refusal.body).error.code, expected);
        assert.equal(setup.client.reset, false);
      }
      await (await setup.node.connection()).untilEnded();
      await assertNextIsServed(setup, false);
    });
  }
});
