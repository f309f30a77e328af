/**
 * Every metric of the proxy, declared once: its name (all begin with `cobrowse_proxy_`), type, help, labels, and how
 * its values follow from what was observed. Labels come from closed sets and the configured node names only.
 */
import { DISCOVERY_METRICS } from './discovery-metrics.ts';
import type { MetricDeclaration } from './metrics.ts';
import { NODE_METRICS } from './node-metrics.ts';
import { PROGRAM_METRICS } from './program-metrics.ts';
import { TRAFFIC_METRICS } from './traffic-metrics.ts';

export const METRICS: readonly MetricDeclaration[] = [
  ...TRAFFIC_METRICS,
  ...NODE_METRICS,
  ...DISCOVERY_METRICS,
  ...PROGRAM_METRICS,
];
