/** What the metrics tell of each node. */
import { REQUEST_CLASSES } from '../../config/request-classes.ts';
import { EJECTION_CAUSES, OPERATOR_STATES } from '../pool/view.ts';
import { COMMON_CAUSES, NODE_CAUSES } from './incident.ts';
import { NODE, NODE_OR_NONE, NODE_STATES, RETRY_REASONS } from './labels.ts';
import type { MetricDeclaration } from './metrics.ts';
import { POLL_RESULTS } from './pool-counters.ts';
import {
  byName,
  countsPerNode,
  flagPerNode,
  histogramPerNode,
  histogramPerNodeAndClass,
  nodesOf,
  perNode,
} from './samples.ts';

export const NODE_METRICS: readonly MetricDeclaration[] = [
  {
    name: 'node_connect_seconds',
    type: 'histogram',
    help: 'Time to open a new connection to the node.',
    labels: { node: NODE },
    series: (observed) => histogramPerNode(nodesOf(observed), (node) => node.connect),
  },
  {
    name: 'node_first_byte_seconds',
    type: 'histogram',
    help: "Time to the first byte of the node's answer, by class: of live, long polls are held on purpose.",
    labels: { node: NODE, class: REQUEST_CLASSES },
    series: (observed) => histogramPerNodeAndClass(nodesOf(observed), (node) => node.firstByte),
  },
  {
    name: 'node_state',
    type: 'gauge',
    help: '1 for the state that the node is in, 0 for the others.',
    labels: { node: NODE, state: NODE_STATES },
    samples: ({ pool }) => flagPerNode('state', NODE_STATES, pool, (node) => node.state),
  },
  {
    name: 'node_operator_state',
    type: 'gauge',
    help: '1 for the state that an operator wants the node in, 0 for the others.',
    labels: { node: NODE, state: OPERATOR_STATES },
    samples: ({ pool }) => flagPerNode('state', OPERATOR_STATES, pool, (node) => node.operator),
  },
  {
    name: 'node_state_changes_total',
    type: 'counter',
    help: 'Changes of the state of the node, by the state that it went to.',
    labels: { node: NODE, to: NODE_STATES },
    samples: ({ stateChanges }) => countsPerNode('to', stateChanges),
  },
  {
    name: 'node_ejected',
    type: 'gauge',
    help: '1 while traffic has the node ejected though its health path answers, by cause.',
    labels: { node: NODE, cause: EJECTION_CAUSES },
    samples: ({ pool }) => flagPerNode('cause', EJECTION_CAUSES, pool, (node) => node.ejected),
  },
  {
    name: 'node_sessions',
    type: 'gauge',
    help: 'Live sessions by the last report of the node; absent for a node that sends none.',
    labels: { node: NODE },
    samples: ({ pool }) =>
      pool.nodes.flatMap(({ name, sessions }) =>
        sessions === undefined ? [] : [{ labels: { node: name }, value: sessions }],
      ),
  },
  {
    name: 'health_polls_total',
    type: 'counter',
    help: 'Health polls of the node by result.',
    labels: { node: NODE, result: POLL_RESULTS },
    samples: ({ polls }) => countsPerNode('result', polls),
  },
  {
    name: 'retries_total',
    type: 'counter',
    help: 'Requests sent again, by the node that gave no answer and the reason.',
    labels: { node: NODE, reason: RETRY_REASONS },
    samples: (observed) =>
      countsPerNode(
        'reason',
        byName(nodesOf(observed), (node) => node.retries),
      ),
  },
  {
    name: 'incidents_total',
    type: 'counter',
    help: 'Failures by node (empty: no single one) and cause, each counted once, when it begins.',
    labels: { node: NODE_OR_NONE, cause: [...NODE_CAUSES, ...COMMON_CAUSES] },
    samples: ({ incidents }) => countsPerNode('cause', incidents.incidents),
  },
  {
    name: 'incident_open',
    type: 'gauge',
    help: 'Failures that last, by node (empty: no single one).',
    labels: { node: NODE_OR_NONE },
    samples: ({ incidents }) => perNode(incidents.open),
  },
  {
    name: 'sessions_lost_total',
    type: 'counter',
    help: 'Live sessions, by the last report of the node before, that were gone when it restarted or stayed away.',
    labels: { node: NODE },
    samples: ({ incidents }) => perNode(incidents.sessionsLost),
  },
  {
    name: 'node_connections',
    type: 'gauge',
    help: 'Open connections to the node, idle ones included.',
    labels: { node: NODE },
    samples: (observed) => perNode(byName(nodesOf(observed), (node) => node.connections)),
  },
  {
    name: 'tunnels',
    type: 'gauge',
    help: 'Open tunnels (upgraded connections) to the node.',
    labels: { node: NODE },
    samples: (observed) => perNode(byName(nodesOf(observed), (node) => node.tunnels)),
  },
];
