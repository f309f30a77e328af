/**
 * The parts of the scale benchmark do what they say. Outcomes only: nothing here depends on how fast the machine is.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { request } from 'undici';
import { BASE, SESSIONS } from '../backend-facts.ts';
import { UsageError } from '../harness/arguments.ts';
import { Site } from '../harness/site.ts';
import { expectOk, sendAll } from '../load/send-all.ts';
import { boundRequests } from '../scenarios/requests.ts';
import { indexOfToken, sessionToken } from '../session-token.ts';
import { readOptions } from './options.ts';
import { runSessionLoad } from './session-load.ts';

test('defaults, choices and nonsense', () => {
  const options = readOptions(['--scenarios', 'sessions,routes', '--sessions', '5000']);
  assert.deepEqual(
    options?.scenarios.map(({ name, variants }) => [name, ...variants.map((variant) => variant.name)]),
    [
      ['routes', '5 routes', '64 routes'],
      ['sessions', '1000 sessions', '5000 sessions'],
    ],
  );
  assert.equal(readOptions(['--help']), undefined);
  for (const args of [
    ['--scenarios', 'x'],
    ['--sessions', '0'],
  ])
    assert.throws(() => readOptions(args), UsageError);
});

test('each session has a token of its own, which leads back to its number', () => {
  const numbers = [0, 1, 2, 999_999, 5_000_000];
  assert.equal(new Set(numbers.map(sessionToken)).size, numbers.length);
  assert.deepEqual(numbers.map(sessionToken).map(indexOfToken), numbers);
});

describe('with four nodes', () => {
  let site: Site;
  let port = 0;

  before(async () => {
    site = await Site.open(4);
    port = site.nodes[3]?.port ?? 0;
  });

  after(() => site?.close());

  const ask = async (path: string, method: 'GET' | 'POST' = 'GET') => {
    const { statusCode, headers, body } = await request(`http://127.0.0.1:${port}${path}`, { method, reset: true });
    return { statusCode, headers, text: await body.text() };
  };

  test('they report sessions, answer with any status, and tell of sessions', async () => {
    assert.equal((await ask(`${BASE}/health`)).headers['x-cobrowse-live-sessions'], '100');
    assert.equal((await ask(`${BASE}/a?status=418`)).statusCode, 418);
    const created = JSON.parse((await ask(SESSIONS, 'POST')).text);
    assert.equal(created.sessionServerName, 'CB_Server_4');
    assert.deepEqual(JSON.parse((await ask(`${SESSIONS}/${created.sessionToken}`)).text), created);
  });

  test('sessions are made one by one, and then asked for', async () => {
    const first = indexOfToken(JSON.parse((await ask(SESSIONS, 'POST')).text).sessionToken);
    const load = { port, first, count: 50, connections: 4 };
    assert.equal((await runSessionLoad({ ...load, seconds: 0 })).requests, 50);
    assert.equal(indexOfToken(JSON.parse((await ask(SESSIONS, 'POST')).text).sessionToken), first + 51);
    assert.ok((await runSessionLoad({ ...load, seconds: 0.1 })).requests > 0);
  });

  test('a list is sent to its end, and an answer that should not be is an error', async () => {
    const requests = boundRequests().map((text) => Buffer.from(text, 'latin1'));
    assert.equal(await sendAll({ port, connections: 2, next: () => requests.pop(), check: expectOk }), 3);
    const missing = Buffer.from(`GET ${BASE}/missing HTTP/1.1\r\nHost: a\r\n\r\n`);
    await assert.rejects(sendAll({ port, connections: 1, next: () => missing, check: expectOk }), /answer of 404/);
  });
});
