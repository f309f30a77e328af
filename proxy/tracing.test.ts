/**
 * From a slow bucket to the line in the log and to the trace, by the whole proxy, a real Prometheus and a collector.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { compiled } from '../config/testing/compiled.ts';
import { skipWithout } from '../config/testing/installed.ts';
import { configFile } from './control/testing/proxy-process.ts';
import { serveHttp } from './pool/testing/servers.ts';
import { ask } from './testing/http-client.ts';
import { Prometheus } from './testing/prometheus.ts';
import { startProxyFrom } from './testing/running-proxy.ts';
import { until } from './testing/until.ts';
import { Collector, SERVER } from './tracing/testing/collector.ts';

const exemplars = z.array(
  z.object({
    seriesLabels: z.record(z.string(), z.string()),
    exemplars: z.array(z.object({ labels: z.object({ trace_id: z.string() }) })),
  }),
);

test('a bucket of a histogram leads to a line of the log, and to a trace', {
  skip: skipWithout('prometheus'),
}, async (t) => {
  const collector = await Collector.start(t);
  const port = await serveHttp(t, (_, response) => response.end('the node'));
  const options = {
    listeners: [{ port: 0 }],
    admin: { port: 0 },
    workers: 1,
    nodes: [{ name: 'CB_1', url: `http://127.0.0.1:${port}/cobrowse` }],
  };
  const file = await configFile(t, options);
  const { proxy, ...running } = await startProxyFrom(t, file);
  const get = () => ask(running.port, { path: '/cobrowse/a' });
  await get();
  await until(
    async () => proxy.stdout,
    (log) => log.includes('/cobrowse/a'),
  );
  assert.doesNotMatch(proxy.stdout, /traceId/);

  await writeFile(file, JSON.stringify({ ...options, tracing: { endpoint: collector.endpoint, ratio: 1 } }));
  assert.equal((await ask(running.admin, { method: 'POST', path: '/reload' })).status, 200);
  await until(
    async () => collector.spans.length,
    (spans) => spans > 0,
    get,
  );

  const scrape = join(dirname(file), 'prometheus.yaml');
  const job = {
    job_name: 'proxy',
    scrape_interval: '1s',
    static_configs: [{ targets: [`127.0.0.1:${running.admin}`] }],
  };
  await writeFile(scrape, JSON.stringify({ scrape_configs: [job] }));
  const prometheus = await Prometheus.start(t, scrape, ['--enable-feature=exemplar-storage']);
  const query = 'cobrowse_proxy_node_first_byte_seconds_bucket{node="CB_1"}';
  const range = 'start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z';
  const [series] = await until(
    async () =>
      exemplars.parse(await prometheus.read(`/api/v1/query_exemplars?query=${encodeURIComponent(query)}&${range}`)),
    (found) => found.length > 0,
    get,
  );
  assert.equal(series?.seriesLabels.node, 'CB_1');
  const traceId = series.exemplars[0]?.labels.trace_id;
  await until(
    async () => proxy.stdout,
    (log) => log.includes(`"traceId":"${traceId}"`),
  );
  await collector.collected(1, (span) => span.traceId === traceId && span.kind === SERVER);
  assert.match(await running.read('/metrics'), /cobrowse_proxy_trace_spans_total\{result="exported"\} [1-9]/);

  // The last one is not lost.
  const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await ask(running.port, { path: '/cobrowse/last', headers: { traceparent: parent } });
  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 0);
  const last = collector.spans.filter((span) => span.traceId === parent.split('-')[1]);
  assert.equal(last.length, 2);
});

test('a worker that does not trace has loaded nothing of OpenTelemetry', () => {
  const worker = compiled(new URL('./control/worker-role.ts', import.meta.url));
  const program = `
    import { createRequire } from 'node:module';
    await import(${JSON.stringify(worker)});
    console.log(Object.keys(createRequire(${JSON.stringify(worker)}).cache).join('\\n'));`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /pino/, 'other modules are seen');
  assert.doesNotMatch(stdout, /opentelemetry/);
});
