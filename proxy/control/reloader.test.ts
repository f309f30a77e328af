import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { loadConfig } from '../../config/load.ts';
import { proxySchema } from '../../config/proxy-schema.ts';
import { readCertificates } from './certificates.ts';
import { Reloader } from './reloader.ts';

function setUp(apply: () => Promise<readonly string[]>) {
  const lines: Record<string, unknown>[] = [];
  const environment: NodeJS.ProcessEnv = { T_NODES: '[{ name: a, url: "http://10.0.0.1" }]' };
  const reloader = new Reloader({
    load: () => ({
      ...loadConfig(proxySchema, { environment, prefix: 'T_' }),
      certificates: readCertificates({ listeners: [], nodes: [] }, ''),
    }),
    apply,
    logger: pino({}, { write: (line) => lines.push(JSON.parse(line)) }),
  });
  return { reloader, environment, lines };
}

test('each outcome is returned, counted and logged', async () => {
  let changed: readonly string[] = ['nodes', 'log'];
  const { reloader, environment, lines } = setUp(async () => changed);
  assert.deepEqual(await reloader.reload('a test'), { result: 'applied', changed });
  changed = [];
  const by = { client: '192.0.2.7', token: 'operate 1' };
  assert.deepEqual(await reloader.reload('a test', by), { result: 'unchanged' });
  assert.deepEqual([lines[1]?.client, lines[1]?.token], ['192.0.2.7', 'operate 1']);
  assert.equal(reloader.lastSucceeded, true);
  environment.T_WORKERS = '0';
  environment.T_BALANCE = 'x';
  const outcome = await reloader.reload('a test');
  assert.equal(outcome.result === 'invalid' && outcome.problems.length, 2);
  assert.deepEqual(reloader.counts, { applied: 1, unchanged: 1, invalid: 1, failed: 0 });
  assert.equal(reloader.lastSucceeded, false);
  assert.deepEqual(
    lines.map(({ msg }) => String(msg).replace(/(T_\w+): .*/, '$1')),
    [
      'new configuration in force: nodes, log',
      'the configuration has not changed',
      'configuration not taken: T_BALANCE',
      'configuration not taken: T_WORKERS',
    ],
  );
});

test('what cannot be applied is no end: the next one may succeed', async () => {
  let fails = true;
  const { reloader } = setUp(async () => {
    if (fails) throw new Error('the port is taken');
    return ['listeners'];
  });
  assert.deepEqual(await reloader.reload('a test'), { result: 'failed', message: 'the port is taken' });
  assert.equal(reloader.lastSucceeded, false);
  fails = false;
  assert.deepEqual(await reloader.reload('a test'), { result: 'applied', changed: ['listeners'] });
  assert.equal(reloader.lastSucceeded, true);
});

test('one after the other, whoever asks', async () => {
  let running = 0;
  const busy = async (): Promise<readonly string[]> => {
    assert.equal(running, 0);
    running++;
    await setImmediate();
    running--;
    return [];
  };
  const { reloader } = setUp(busy);
  const turns = [reloader.reload('one'), reloader.inTurn(busy), reloader.reload('two')];
  const failing = reloader.inTurn(() => Promise.reject(new Error('not so')));
  turns.push(reloader.reload('three'));
  await assert.rejects(failing, /not so/);
  await Promise.all(turns);
  assert.equal(reloader.counts.unchanged, 3);
});
