import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { AccessLog } from './access-log.ts';
import { PathMask } from './path-mask.ts';
import type { ExchangeRecord } from './record.ts';
import { LONGEST_LINE } from './sink.ts';
import { exchange } from './testing/exchange.ts';

/** Shows that the log cuts it, and that it gets the token. */
const aliasOf = (token: string): string => `${token.length}-abcdefghijklmnop`;

const pathMask = new PathMask([{ path: '/rest/live/sessions/{id}' }]);

async function written(t: TestContext, ...records: ExchangeRecord[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'access-log-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'access.log');
  const log = new AccessLog({ to: file, onDrop: () => assert.fail('dropped'), pathMask: () => pathMask, aliasOf });
  for (const record of records) log.write(record);
  await log.close();
  return readFile(file, 'utf8');
}

async function lineOf(t: TestContext, record: ExchangeRecord): Promise<Record<string, unknown>> {
  const text = await written(t, record);
  assert.equal(text.indexOf('\n'), text.length - 1, 'one line');
  return JSON.parse(text);
}

test('a line says what happened, in JSON', async (t) => {
  assert.deepEqual(await lineOf(t, exchange()), {
    log: 'access',
    time: '2026-01-02T03:04:05.678Z',
    requestId: 'r-1',
    client: '192.0.2.7',
    method: 'GET',
    path: '/cobrowse/app.js',
    httpVersion: '1.1',
    status: 200,
    node: 'a',
    class: 'any',
    by: 'balance',
    verdict: 'free',
    attempts: 1,
    durationMs: 12.346,
    firstByteMs: 7.5,
    bytesIn: 100,
    bytesOut: 1000,
    termination: 'completed',
  });
});

test('conflict, connect time, error and tunnel show when there are any', async (t) => {
  const line = await lineOf(t, exchange({ conflict: true, connectMs: 0.25, error: 'session_lost', tunnel: true }));
  assert.equal(line.conflict, true);
  assert.equal(line.connectMs, 0.25);
  assert.equal(line.error, 'session_lost');
  assert.equal(line.tunnel, true);
});

test('a trace shows by its id, and by its span where somebody records it', async (t) => {
  const ids = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
  const recorded = await lineOf(t, exchange({ trace: { ...ids, recorded: true } }));
  assert.deepEqual([recorded.traceId, recorded.spanId], [ids.traceId, ids.spanId]);
  const passed = await lineOf(t, exchange({ trace: { ...ids, recorded: false } }));
  assert.deepEqual([passed.traceId, passed.spanId], [ids.traceId, undefined]);
});

test('a token in the path is masked, also when it is spelled another way, and a query is left out', async (t) => {
  const token = '123456789';
  const plain = exchange({ token, target: `/cobrowse/rest/live/sessions/${token}?key=${token}` });
  const encoded = exchange({ token, target: '/cobrowse/rest/live/sessions/12345678%39' });
  assert.equal((await lineOf(t, plain)).path, '/cobrowse/rest/live/sessions/{id}?');
  assert.equal((await lineOf(t, encoded)).path, '{id}');
  assert.doesNotMatch(await written(t, plain, encoded), /12345678/);
});

test('a token is masked also where no route has found it, and the path of a live channel stands', async (t) => {
  const preflight = exchange({ method: 'OPTIONS', target: '/cobrowse/rest/live/sessions/abc?x' });
  assert.equal((await lineOf(t, preflight)).path, '/cobrowse/rest/live/sessions/{id}?');
  const live = await lineOf(t, exchange({ class: 'live', token: '123456789', target: '/cobrowse/cometd/connect' }));
  assert.deepEqual([live.path, live.session], ['/cobrowse/cometd/connect', '9-abcdefghij']);
});

test('the lines of one session have the same alias, also the one that created it', async (t) => {
  const token = '123456789';
  const path = '/cobrowse/rest/live/sessions';
  const created = await lineOf(t, exchange({ class: 'create', method: 'POST', target: path, created: token }));
  const found = await lineOf(t, exchange({ class: 'session', target: `${path}/${token}`, token }));
  assert.equal(created.session, '9-abcdefghij');
  assert.equal(found.session, created.session);
  assert.equal(created.path, path);
  assert.doesNotMatch(JSON.stringify([created, found]), /123456789/);
});

test('the token of a stop is that of a user, and shows as one', async (t) => {
  const line = await lineOf(
    t,
    exchange({ class: 'user', token: '987', target: '/cobrowse/rest/live/users/987/session/stop' }),
  );
  assert.equal(line.user, '3-abcdefghij');
  assert.equal(line.session, undefined);
});

test('control characters, quotes and foreign bytes forge neither a line nor a terminal sequence', async (t) => {
  const hostile = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
  const forged = '"}\r\n{"log":"access","status":200}\r\n\x1b[2J\x9b\x7f';
  for (const text of [hostile, forged]) {
    const record = exchange({
      target: `/${text.replaceAll('?', '')}`,
      method: text,
      requestId: text,
      clientAddress: text,
    });
    const line = await written(t, record);
    assert.match(line, /^[\x20-\x7e]*\n$/, 'one line of plain ASCII');
    for (const value of Object.values(JSON.parse(line))) {
      if (typeof value === 'string') assert.match(value, /^[\x20-\x7e]*$/, 'harmless when decoded as well');
    }
  }
});

test('what is escaped can still be read', async (t) => {
  const { path } = await lineOf(t, exchange({ target: '/a\r\n"\\\x1b\xff' }));
  assert.equal(path, '/a\\x0D\\x0A\\x22\\x5C\\x1B\\xFF');
});

test('no line is longer than a pipe takes as one piece', async (t) => {
  for (const filler of ['a', '"', '\xff', '\0']) {
    const long = filler.repeat(100_000);
    const differences = {
      target: `/${long}`,
      method: long,
      requestId: long,
      clientAddress: long,
      node: 'n'.repeat(128),
    };
    const trace = { traceId: 'f'.repeat(32), spanId: 'f'.repeat(16), recorded: true };
    const line = await written(
      t,
      exchange({ ...differences, trace, conflict: true, tunnel: true, connectMs: 1e9 / 7 }),
    );
    assert.ok(Buffer.byteLength(line) <= LONGEST_LINE, `${Buffer.byteLength(line)} bytes`);
  }
});
