/** The rate of a client is one for the whole proxy. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { configFile } from './control/testing/proxy-process.ts';
import { clientFor } from './testing/for-test.ts';
import { ask } from './testing/http-client.ts';
import { startProxyFrom } from './testing/running-proxy.ts';
import { until } from './testing/until.ts';

/** Of which whoever asks again and again has used few by then. */
const BURST = 10_000;
/** Connections of which each worker gets some. */
const PROBES = 10;
/** Answered by the proxy itself. */
const HEALTH = 'GET /cobrowse/health HTTP/1.1\r\nHost: a\r\n\r\n';
const LAST = 'GET /last HTTP/1.1\r\nHost: a\r\n\r\n';

it('what a client has used up at one worker it has used up at all', async (t) => {
  const file = await configFile(t, {
    listeners: [{ port: 0 }],
    admin: { port: 0 },
    workers: 2,
    limits: { perAddress: { requestsPerSecond: 1, burst: BURST } },
    log: { access: false },
    nodes: [{ name: 'a', url: 'http://127.0.0.1:9' }],
  });
  const { port } = await startProxyFrom(t, file);
  const client = await clientFor(t, { port });
  client.send(HEALTH.repeat(BURST) + LAST);
  await client.until('"error"');
  let passed = 0;
  const isRefused = async (): Promise<boolean> => {
    const { status } = await ask(port, { path: '/cobrowse/health' });
    if (status !== 429) passed++;
    return status === 429;
  };
  await until(
    () => Promise.all(Array.from({ length: PROBES }, isRefused)),
    (refused) => refused.every(Boolean),
  );
  assert.ok(passed < BURST / 2, `${passed} of another burst`);
});
