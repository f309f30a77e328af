/** What answers, broken ones and missing ones have a worker tell of a node. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext, test } from 'node:test';
import type { TestPlane } from '../testing/data-plane.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { ask } from '../testing/http-client.ts';
import { answering, type NodeSocket } from '../testing/raw-node.ts';
import { speaksAgainst } from './node-signs.ts';

const SESSIONS = '/rest/live/sessions';

async function before(t: TestContext, onData?: (connection: NodeSocket) => void): Promise<TestPlane> {
  return planeBefore(t, await nodeFor(t, onData));
}

function told({ signs }: TestPlane): { successes: number; failures: number } {
  const sum = (of: 'successes' | 'failures'): number => signs.reduce((total, sign) => total + sign[of], 0);
  return { successes: sum('successes'), failures: sum('failures') };
}

/** Nothing tells that nothing is told: another request that has to be told comes after it. */
async function toldAfter(plane: TestPlane, counts: { successes: number; failures: number }): Promise<void> {
  await eventually(() => {
    const { successes, failures } = told(plane);
    return successes >= counts.successes && failures >= counts.failures;
  });
  assert.deepEqual(told(plane), counts);
}

function head(status: number, more = ''): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n${more}\r\n`;
}

test('a 5xx is a failure unless it is about the request, or a limit that the node keeps', () => {
  const against = (status: number, creates = false, retryAfter = false): boolean =>
    speaksAgainst(status, creates, retryAfter);
  assert.deepEqual(
    [500, 501, 502, 503, 504, 505, 507].map((status) => against(status)),
    [true, false, true, true, true, false, true],
  );
  assert.equal(against(503, true), false);
  assert.equal(against(503, false, true), false);
  assert.equal(against(500, true, true), true);
});

describe('a node is told to have failed', () => {
  for (const status of [500, 502, 503, 504]) {
    it(`when it answers ${status}`, async (t) => {
      const plane = await before(t, answering(head(status)));
      await ask(plane.port);
      await toldAfter(plane, { successes: 0, failures: 1 });
    });
  }

  for (const [what, bytes] of [
    ['breaks off before its answer', ''],
    ['breaks off in its answer', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['answers what is no HTTP', 'SSH-2.0\r\n\r\n'],
  ] as const) {
    it(`when it ${what}`, async (t) => {
      const plane = await before(t, ({ socket }) => socket.end(bytes));
      await ask(plane.port).catch(() => {});
      await toldAfter(plane, { successes: 0, failures: 1 });
    });
  }
});

describe('a node is not told to have failed', () => {
  for (const [what, answer, options] of [
    ['answers 404', head(404), {}],
    ['cannot create another session', head(503), { method: 'POST', path: SESSIONS }],
    ['says when to come back', head(503, 'retry-after: 5\r\n'), {}],
    ['does not know the method', head(501), { method: 'PATCH' }],
  ] as const) {
    it(`when it ${what}`, async (t) => {
      let answered = 0;
      const plane = await before(t, (connection) => connection.send(answered++ === 0 ? answer : head(500)));
      await ask(plane.port, options);
      await ask(plane.port);
      await toldAfter(plane, { successes: answer.includes('404') ? 1 : 0, failures: 1 });
    });
  }

  it('when a client gives up', async (t) => {
    let answers = 0;
    const node = await nodeFor(t, (connection) => {
      if (answers++ > 0) connection.send(head(500));
    });
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await (await node.connection()).until('\r\n\r\n');
    client.socket.resetAndDestroy();
    await plane.recorded();
    await ask(plane.port);
    await toldAfter(plane, { successes: 0, failures: 1 });
  });
});

describe('what a node owes', () => {
  it('is told while it lasts: of requests with and without a body, and of no long poll', async (t) => {
    const node = await nodeFor(t);
    const plane = await planeBefore(t, node);
    for (const request of [
      'GET /a HTTP/1.1\r\nHost: a\r\n\r\n',
      'POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx',
      'POST /cometd HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx',
    ]) {
      const client = await clientFor(t, plane);
      client.send(request);
    }
    await node.when(() => (node.connections.length === 3 ? true : undefined));
    await eventually(() => plane.signs.some(({ owed, owedMs }) => owed === 2 && owedMs >= 400));
    assert.ok(plane.signs.every(({ node: name, owed, heardMs }) => name === 'CB_1' && owed <= 2 && heardMs === -1));
  });
});
