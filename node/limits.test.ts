/** What the node refuses when there is too much of it: sessions, and guesses at tokens. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CobrowseNode } from './server.ts';
import { ALLOWED_ORIGIN, errorOf, startTestNode } from './testing/nodes.ts';

const UNKNOWN = '000000000';
const misses = { perMinute: 1, burst: 3 };

/** Asks as a customer behind a balancer on this machine, which is trusted; undefined asks as the balancer itself. */
function get(node: CobrowseNode, sessionToken: string, client?: string): Promise<Response> {
  const forwarded: Record<string, string> = client === undefined ? {} : { 'X-Forwarded-For': client };
  const headers = { Origin: ALLOWED_ORIGIN, ...forwarded };
  return fetch(`${node.url}/rest/live/sessions/${sessionToken}`, { headers });
}

async function create(node: CobrowseNode): Promise<string> {
  const created = await node.sessions.create();
  assert.ok(created.outcome === 'created');
  return created.session.sessionToken;
}

describe('guessing tokens', () => {
  test('is refused after some misses, also when it would have hit, and others are not concerned', async (t) => {
    const node = await startTestNode(t, { misses });
    const token = await create(node);
    for (let i = 0; i < 3; i++) assert.equal((await get(node, UNKNOWN, '203.0.113.1')).status, 404);
    for (const guess of [UNKNOWN, token]) {
      const response = await get(node, guess, '203.0.113.1');
      assert.equal(response.headers.get('access-control-allow-origin'), ALLOWED_ORIGIN);
      const retryAfter = Number(response.headers.get('retry-after'));
      assert.ok(retryAfter >= 1 && retryAfter <= 60);
      assert.deepEqual(await errorOf(response), { status: 429, code: 'too_many_attempts' });
    }
    assert.equal((await get(node, token, '203.0.113.2')).status, 200);
  });

  test('is limited all the same when many guesses come at once', async (t) => {
    const node = await startTestNode(t, { misses });
    const answers = await Promise.all(Array.from({ length: 50 }, () => get(node, UNKNOWN, '203.0.113.1')));
    assert.equal(answers.filter(({ status }) => status === 404).length, 3);
  });

  test('of user tokens counts as well', async (t) => {
    const node = await startTestNode(t, { misses });
    const headers = { 'X-Forwarded-For': '203.0.113.1' };
    const stop = () => fetch(`${node.url}/rest/live/users/${'a'.repeat(32)}/session/stop`, { headers });
    for (let i = 0; i < 3; i++) assert.equal((await stop()).status, 404);
    assert.deepEqual(await errorOf(await stop()), { status: 429, code: 'too_many_attempts' });
  });

  test('is not what hits are, nor the look-ups of a trusted balancer', async (t) => {
    const node = await startTestNode(t, { misses });
    const token = await create(node);
    for (let i = 0; i < 20; i++) {
      assert.equal((await get(node, token, '203.0.113.1')).status, 200);
      assert.equal((await get(node, UNKNOWN)).status, 404);
    }
  });

  test('cannot hide behind X-Forwarded-For when nobody is trusted', async (t) => {
    const node = await startTestNode(t, { misses, trustedProxies: [] });
    for (let i = 0; i < 3; i++) assert.equal((await get(node, UNKNOWN, `203.0.113.${i}`)).status, 404);
    assert.equal((await get(node, UNKNOWN, '203.0.113.9')).status, 429);
  });
});

describe('a limit on live sessions', () => {
  test('refuses more, and health names it and stays well', async (t) => {
    const node = await startTestNode(t, { maxSessions: 2 });
    for (let i = 0; i < 2; i++) await create(node);
    const refused = await fetch(`${node.url}/rest/live/sessions`, { method: 'POST' });
    assert.deepEqual(refused.headers.getSetCookie(), []);
    assert.deepEqual(await errorOf(refused), { status: 503, code: 'too_many_sessions' });
    const { status, headers } = await fetch(`${node.url}/health`);
    assert.equal(status, 200);
    assert.equal(headers.get('x-cobrowse-live-sessions'), '2');
    assert.equal(headers.get('x-cobrowse-capacity'), '2');
  });

  test('is not named when there is none', async (t) => {
    const node = await startTestNode(t, { maxSessions: 0 });
    const { headers } = await fetch(`${node.url}/health`);
    assert.equal(headers.get('x-cobrowse-capacity'), null);
  });
});
