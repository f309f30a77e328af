/** What the metrics tell of the proxy itself. */
import { ADMIN_REFUSALS, RELOAD_RESULTS } from './labels.ts';
import type { MetricDeclaration } from './metrics.ts';
import { byLabel, one } from './samples.ts';
import { SPAN_RESULTS } from './span-counts.ts';

export const PROGRAM_METRICS: readonly MetricDeclaration[] = [
  {
    name: 'access_log_dropped_total',
    type: 'counter',
    help: 'Access log lines dropped because whoever reads the log is too slow or gone.',
    labels: {},
    samples: ({ stats }) => one(stats.accessLogDropped),
  },
  {
    name: 'trace_spans_total',
    type: 'counter',
    help: 'Spans of traces that were recorded, by what became of them.',
    labels: { result: SPAN_RESULTS },
    samples: ({ stats }) => byLabel('result', SPAN_RESULTS, stats.spans),
  },
  {
    name: 'trace_limited_requests_total',
    type: 'counter',
    help: 'Requests that were to be recorded and were not, since tracing.perSecond others were.',
    labels: {},
    samples: ({ stats }) => one(stats.spans.limited),
  },
  {
    name: 'config_reloads_total',
    type: 'counter',
    help: 'Reloads of the configuration by result.',
    labels: { result: RELOAD_RESULTS },
    samples: ({ reloads }) => byLabel('result', RELOAD_RESULTS, reloads.counts),
  },
  {
    name: 'config_last_reload_success',
    type: 'gauge',
    help: '0 when the configuration that is written differs from the one in force because its reload did not succeed.',
    labels: {},
    samples: ({ reloads }) => one(reloads.lastSucceeded ? 1 : 0),
  },
  {
    name: 'admin_refusals_total',
    type: 'counter',
    help: 'Requests that the admin listener refused for who asked, or from where.',
    labels: { code: ADMIN_REFUSALS },
    samples: ({ adminRefusals }) => byLabel('code', ADMIN_REFUSALS, adminRefusals),
  },
  {
    name: 'tls_certificate_expiry_timestamp_seconds',
    type: 'gauge',
    help: 'When a certificate in force expires, by its listener, its index there and the first name that it has.',
    labels: {
      listener: '`host:port`, as the configuration says it',
      certificate: 'its index there',
      name: 'the first name that it has',
    },
    samples: ({ certificates }) =>
      certificates.map(({ listener, index, name, expiresAt }) => ({
        labels: { listener, certificate: String(index), name },
        value: Math.floor(expiresAt / 1000),
      })),
  },
  {
    name: 'workers',
    type: 'gauge',
    help: 'Worker processes that accept connections.',
    labels: {},
    samples: ({ workers }) => one(workers.listening),
  },
  {
    name: 'worker_restarts_total',
    type: 'counter',
    help: 'Workers that died and were replaced.',
    labels: {},
    samples: ({ workers }) => one(workers.restarts),
  },
  {
    name: 'worker_cpu_seconds_total',
    type: 'counter',
    help: 'User and system time of all workers.',
    labels: {},
    samples: ({ workers }) => one(workers.cpuSeconds),
  },
  {
    name: 'worker_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of all workers.',
    labels: {},
    samples: ({ workers }) => one(workers.residentBytes),
  },
  {
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1; the version is in the label.',
    labels: { version: 'as `--version` says it' },
    samples: ({ version }) => [{ labels: { version }, value: 1 }],
  },
];
