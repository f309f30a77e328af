/** What the metrics tell of the sources that nodes are looked up in. */
import { LOOK_UP_RESULTS } from '../discovery/dns-watch.ts';
import type { MetricDeclaration } from './metrics.ts';

const SOURCE = 'the name that is asked for, and its type';

export const DISCOVERY_METRICS: readonly MetricDeclaration[] = [
  {
    name: 'discovery_nodes',
    type: 'gauge',
    help: 'Nodes that are known of the source in DNS, be it from before it failed.',
    labels: { source: SOURCE },
    samples: ({ sources }) => sources.map(({ source, nodes }) => ({ labels: { source }, value: nodes })),
  },
  {
    name: 'discovery_failing',
    type: 'gauge',
    help: '1 while the last look-up of the source in DNS found no nodes.',
    labels: { source: SOURCE },
    samples: ({ sources }) =>
      sources.map(({ source, failing }) => ({ labels: { source }, value: failing === undefined ? 0 : 1 })),
  },
  {
    name: 'discovery_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When nodes of the source in DNS were found last; absent for never.',
    labels: { source: SOURCE },
    samples: ({ sources }) =>
      sources.flatMap(({ source, succeededAt }) =>
        succeededAt === undefined ? [] : [{ labels: { source }, value: succeededAt / 1000 }],
      ),
  },
  {
    name: 'discovery_lookups_total',
    type: 'counter',
    help: 'Look-ups of the source in DNS by result.',
    labels: { source: SOURCE, result: LOOK_UP_RESULTS },
    samples: ({ sources }) =>
      sources.flatMap(({ source, counts }) =>
        LOOK_UP_RESULTS.map((result) => ({ labels: { source, result }, value: counts[result] })),
      ),
  },
];
