import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MAX_BODY_BYTES } from './body.ts';
import { MemorySessionStore } from './sessions/memory-store.ts';
import { errorOf, startTestNode } from './testing/nodes.ts';
import { RawClient } from './testing/raw-client.ts';

const CREATE = 'POST /cobrowse/rest/live/sessions HTTP/1.1\r\nHost: n\r\n';
const HEALTH = 'GET /cobrowse/health HTTP/1.1\r\nHost: n\r\n\r\n';

describe('request bodies', () => {
  for (const [name, body] of [
    ['of a known length', `Content-Length: ${MAX_BODY_BYTES}\r\n\r\n${'x'.repeat(MAX_BODY_BYTES)}`],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
  ]) {
    test(`${name} are dropped, and the connection serves on`, async (t) => {
      const client = await RawClient.connect(t, (await startTestNode(t)).port);
      client.send(CREATE + body);
      await client.receive('sessionToken');
      client.send(HEALTH);
      const answers = await client.receive('X-Cobrowse-State: ready');
      assert.equal(answers.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
    });
  }

  for (const [name, head, body] of [
    ['declared', `Content-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`, 'x'.repeat(MAX_BODY_BYTES + 1)],
    ['streamed', 'Transfer-Encoding: chunked\r\n\r\n', `FFFFF\r\n${'x'.repeat(0xfffff)}\r\n0\r\n\r\n`],
  ] as const) {
    test(`above 64 KiB are refused when ${name}, and the refusal arrives`, async (t) => {
      const node = await startTestNode(t);
      const client = await RawClient.connect(t, node.port);
      client.send(CREATE + head + body);
      const answer = await client.closed();
      assert.ok(answer.startsWith('HTTP/1.1 413 '), answer);
      assert.ok(answer.includes('Connection: close') && answer.includes('"code":"body_too_large"'), answer);
      assert.equal(node.sessions.counts().live, 0);
    });
  }

  test('that break off create no session', async (t) => {
    const node = await startTestNode(t);
    const client = await RawClient.connect(t, node.port);
    client.send(`${CREATE}Content-Length: 10\r\n\r\nhalf`);
    client.socket.destroy();
    await client.closed();
    await node.stop(0);
    assert.equal(node.sessions.counts().live, 0);
  });
});

describe('what is not valid HTTP gets a JSON error', () => {
  const cases: readonly [name: string, bytes: string, status: number, code: string][] = [
    ['no HTTP at all', 'nonsense\r\n\r\n', 400, 'bad_request'],
    ['a header line without a colon', 'GET / HTTP/1.1\r\nHost n\r\n\r\n', 400, 'bad_request'],
    ['no Host header', 'GET /cobrowse/health HTTP/1.1\r\n\r\n', 400, 'bad_request'],
    ['a huge head', `GET / HTTP/1.1\r\nHost: n\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'head_too_large'],
    [
      'an unknown expectation',
      'GET / HTTP/1.1\r\nHost: n\r\nConnection: close\r\nExpect: x\r\n\r\n',
      417,
      'expectation_failed',
    ],
  ];
  for (const [name, bytes, status, code] of cases) {
    test(name, async (t) => {
      const client = await RawClient.connect(t, (await startTestNode(t)).port);
      client.send(bytes);
      const answer = await client.closed();
      assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
      assert.ok(answer.includes(`{"error":{"code":"${code}"`), answer);
    });
  }
});

test('a request before invalid bytes gets its answer first', async (t) => {
  const client = await RawClient.connect(t, (await startTestNode(t)).port);
  client.send(`${CREATE}Content-Length: 2\r\n\r\nhinonsense\r\n\r\n`);
  assert.deepEqual((await client.closed()).match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 400']);
});

test('a body that turns invalid gets an error at once', async (t) => {
  const client = await RawClient.connect(t, (await startTestNode(t)).port);
  client.send(`${CREATE}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nnonsense\r\n`);
  assert.deepEqual((await client.closed()).match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 400']);
});

test('a refused body that breaks off or turns invalid gets no second answer', async (t) => {
  const node = await startTestNode(t);
  for (const rest of ['', 'nonsense\r\n']) {
    const client = await RawClient.connect(t, node.port);
    client.send(`${CREATE}Transfer-Encoding: chunked\r\n\r\n12000\r\n${'x'.repeat(0x12000)}\r\n`);
    await client.receive('body_too_large');
    client.socket.end(rest);
    assert.deepEqual((await client.closed()).match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 413']);
  }
  assert.equal((await fetch(`${node.url}/health`)).status, 200);
});

test('an error in the session store is an internal error', async (t) => {
  const store = new MemorySessionStore();
  t.mock.method(store, 'insert', () => Promise.reject(new Error('a mistake in the store')));
  const node = await startTestNode(t, {}, { store });
  const create = await fetch(`${node.url}/rest/live/sessions`, { method: 'POST' });
  assert.deepEqual(await errorOf(create), { status: 500, code: 'internal_error' });
});

describe('headers', () => {
  test('named like properties of objects do no harm', async (t) => {
    const client = await RawClient.connect(t, (await startTestNode(t)).port);
    client.send(`GET /cobrowse/health HTTP/1.1\r\nHost: n\r\n__proto__: x\r\nconstructor: y\r\n\r\n`);
    const answer = await client.receive('\r\n\r\n');
    assert.ok(answer.startsWith('HTTP/1.1 200 '), answer);
  });

  test('say how long an idle connection is kept, and not what serves', async (t) => {
    const client = await RawClient.connect(t, (await startTestNode(t)).port);
    client.send(HEALTH);
    const answer = await client.receive('\r\n\r\n');
    assert.match(answer, /^Keep-Alive: timeout=75\r$/m);
    assert.doesNotMatch(answer, /^(?:X-Powered-By|Server):/im);
  });
});

test('pipelined requests are answered in order', async (t) => {
  const client = await RawClient.connect(t, (await startTestNode(t)).port);
  client.send(`${CREATE}Content-Length: 2\r\n\r\nhi${HEALTH}${CREATE}Connection: close\r\n\r\n`);
  const kinds = (await client.closed()).match(/^(?:Set-Cookie|X-Cobrowse-State)/gm);
  assert.deepEqual(kinds, ['Set-Cookie', 'X-Cobrowse-State', 'Set-Cookie']);
});
