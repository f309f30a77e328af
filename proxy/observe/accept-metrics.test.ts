import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFor } from './accept-metrics.ts';

const CASES: readonly (readonly [accept: string, format: string])[] = [
  ['', 'text'],
  ['*/*', 'text'],
  ['text/plain', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  // Prometheus 2.42.
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  // Prometheus 2.55 and 3, when they want protobuf as well.
  [
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    'openmetrics',
  ],
  ['text/plain, application/openmetrics-text; q=0.5', 'text'],
  ['application/openmetrics-text; q=0', 'text'],
  ['application/openmetrics-text; version=2.0.0', 'text'],
  ['Application/OpenMetrics-Text ; Version=1.0.0', 'openmetrics'],
];

for (const [accept, format] of CASES) {
  test(`${accept === '' ? 'nothing' : accept}: ${format}`, () => assert.equal(formatFor(accept), format));
}
