import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AGENT } from './sessions/session.ts';
import { ALLOWED_ORIGIN, errorOf, startTestNode } from './testing/nodes.ts';

const allowed = { headers: { Origin: ALLOWED_ORIGIN } };

test('a history has the documented fields', async (t) => {
  const node = await startTestNode(t);
  const created = await node.sessions.create();
  assert.ok(created.outcome === 'created');
  const { sessionToken, historyId, createdAt } = created.session;
  const joined = await node.sessions.join(sessionToken, AGENT, 'agent');
  assert.ok(joined.outcome === 'joined');
  // Far ahead of the clock of the node: no page lasts less than nothing.
  const entered = createdAt + 3_600_000;
  await node.sessions.recordPage(sessionToken, 'https://shop.example.com/cart', entered);
  await node.sessions.recordPage(sessionToken, 'https://shop.example.com/pay', entered + 250);

  const url = `${node.url}/rest/history/sessions/${historyId}`;
  const live = await fetch(url, allowed);
  assert.equal(live.status, 200);
  assert.equal(live.headers.get('access-control-allow-origin'), ALLOWED_ORIGIN);
  const body = (await live.json()) as Record<string, unknown>;
  assert.deepEqual(Object.keys(body), ['id', 'sessionToken', 'creationTime', 'activationTime', 'pages']);

  await node.sessions.exit(joined.participant.userToken);
  const ended = (await (await fetch(url.replace(historyId, historyId.toUpperCase()), allowed)).json()) as Record<
    string,
    unknown
  >;
  const { deactivationTime, ...rest } = ended;
  assert.ok(typeof deactivationTime === 'number' && deactivationTime >= createdAt);
  assert.deepEqual(rest, {
    id: historyId,
    sessionToken,
    creationTime: createdAt,
    activationTime: body.activationTime,
    pages: [
      { url: 'https://shop.example.com/cart', enteredTimestamp: entered, duration: 250 },
      { url: 'https://shop.example.com/pay', enteredTimestamp: entered + 250, duration: 0 },
    ],
  });
});

test('a history is refused to foreign origins, and unknown and malformed ids are told apart', async (t) => {
  const node = await startTestNode(t);
  const url = `${node.url}/rest/history/sessions`;
  const unknown = `${url}/1b671a64-40d5-491e-99b0-da01ff1f3341`;
  assert.deepEqual(await errorOf(await fetch(unknown)), { status: 403, code: 'origin_not_allowed' });
  assert.deepEqual(await errorOf(await fetch(unknown, allowed)), { status: 404, code: 'history_not_found' });
  for (const id of ['045800826', 'x', '1b671a64-40d5-491e-99b0-da01ff1f334', '__proto__']) {
    const response = await fetch(`${url}/${id}`, allowed);
    assert.deepEqual(await errorOf(response), { status: 400, code: 'malformed_history_id' });
  }
});
