import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveTraffic } from '../live/traffic.ts';
import { COUNTED, METRIC_PREFIX, READ, TIMED } from './declarations.ts';
import { NodeMetrics } from './metrics.ts';
import type { MetricSources } from './sources.ts';

function metricsOf(sources: Partial<MetricSources> = {}): NodeMetrics {
  const traffic = new LiveTraffic();
  return new NodeMetrics({
    version: '1.2.3',
    maxSessions: 10,
    draining: () => false,
    sessions: () => ({ live: 3, inactive: 1, active: 2, cancelled: 4, completed: 5 }),
    store: () => ({ state: 'ready' }),
    live: () => ({ traffic, clients: () => 0 }),
    ...sources,
  });
}

/** The lines of a metric, without help and type. */
async function linesOf(metrics: NodeMetrics, name: string): Promise<readonly string[]> {
  const text = await metrics.render();
  return text
    .split('\n')
    .filter((line) => new RegExp(`^${METRIC_PREFIX}${name}(?:[{ ]|_bucket|_sum|_count)`).test(line));
}

test('names and labels are well formed, and only those that are declared are shown', async () => {
  const declared = { ...COUNTED, ...TIMED, ...READ };
  const text = await metricsOf().render();
  const shown = Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name]) => name);
  assert.deepEqual(
    shown.toSorted(),
    Object.keys(declared)
      .map((name) => METRIC_PREFIX + name)
      .toSorted(),
  );
  for (const [name, { type, help, labels }] of Object.entries(declared)) {
    assert.match(name, /^[a-z]+(?:_[a-z]+)*$/);
    assert.equal(name.endsWith('_total'), type === 'counter' || type === 'counted', name);
    assert.match(help, /\.$/);
    for (const label of Object.keys(labels)) assert.match(label, /^[a-z]+$/);
  }
});

test('what Genesys monitors: live sessions by state, cancelled and completed ones', async () => {
  const metrics = metricsOf();
  assert.deepEqual(await linesOf(metrics, 'live_sessions'), [
    'cobrowse_node_live_sessions{state="inactive"} 1',
    'cobrowse_node_live_sessions{state="active"} 2',
  ]);
  assert.deepEqual(await linesOf(metrics, 'sessions_cancelled_total'), ['cobrowse_node_sessions_cancelled_total 4']);
  assert.deepEqual(await linesOf(metrics, 'sessions_completed_total'), ['cobrowse_node_sessions_completed_total 5']);
});

test('what is counted stands at 0 before the first time, and totals do not add up over scrapes', async () => {
  const metrics = metricsOf();
  const created = 'cobrowse_node_session_operations_total{operation="create",outcome="created"}';
  assert.ok((await linesOf(metrics, 'session_operations_total')).includes(`${created} 0`));
  metrics.operation('create', 'created');
  metrics.operation('create', 'store_unavailable');
  metrics.refusal('draining');
  metrics.sessionEnded('abandoned');
  await metrics.render();
  assert.ok((await linesOf(metrics, 'session_operations_total')).includes(`${created} 1`));
  assert.ok((await linesOf(metrics, 'refusals_total')).includes('cobrowse_node_refusals_total{code="draining"} 1'));
  assert.ok(
    (await linesOf(metrics, 'sessions_ended_total')).includes(
      'cobrowse_node_sessions_ended_total{cause="abandoned"} 1',
    ),
  );
  assert.deepEqual(await linesOf(metrics, 'sessions_completed_total'), ['cobrowse_node_sessions_completed_total 5']);
});

test('requests by function and status, with their durations but for the live channel', async () => {
  const metrics = metricsOf();
  metrics.request('get', 404, 0.002);
  metrics.request('live', 200, 30);
  metrics.request('create', undefined, 1);
  assert.deepEqual(await linesOf(metrics, 'requests_total'), [
    'cobrowse_node_requests_total{function="get",status="404"} 1',
    'cobrowse_node_requests_total{function="live",status="200"} 1',
    'cobrowse_node_requests_total{function="create",status="aborted"} 1',
  ]);
  const counts = (await linesOf(metrics, 'request_duration_seconds')).filter((line) => line.includes('_count'));
  assert.deepEqual(counts, ['cobrowse_node_request_duration_seconds_count{function="get"} 1']);
});

test('the store, the drain and the live channel are read at scrape', async () => {
  const traffic = new LiveTraffic();
  traffic.received('websocket', 2, 100);
  traffic.sent('long-polling', 1, 50);
  traffic.refused('402::Unknown client');
  traffic.refused('some other text');
  const metrics = metricsOf({
    draining: () => true,
    store: () => ({ state: 'unavailable', forMs: 1_500 }),
    live: () => ({ traffic, clients: (transport) => (transport === 'websocket' ? 7 : 1) }),
  });
  const text = await metrics.render();
  for (const line of [
    'draining 1',
    'store_up 0',
    'store_unavailable_seconds 1.5',
    'live_clients{transport="websocket"} 7',
    'live_messages_received_total{transport="websocket"} 2',
    'live_received_bytes_total{transport="websocket"} 100',
    'live_messages_sent_total{transport="long-polling"} 1',
    'live_sent_bytes_total{transport="long-polling"} 50',
    'live_refusals_total{code="unknown_client"} 1',
    'live_refusals_total{code="full"} 0',
    'build_info{version="1.2.3"} 1',
  ]) {
    assert.ok(text.includes(`\n${METRIC_PREFIX}${line}\n`), line);
  }
});
