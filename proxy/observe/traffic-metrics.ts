/** What the metrics tell of requests and their clients. */
import { REQUEST_CLASSES } from '../../config/request-classes.ts';
import { DECIDED_BY, VERDICTS } from '../affinity/decision.ts';
import { IGNORED_COOKIES } from '../affinity/ignored-cookie.ts';
import { REFUSALS } from '../http/refusals.ts';
import { HTTP2_FAULTS } from '../http2/faults.ts';
import { HANDSHAKE_FAILURES } from '../tls/handshake-failure.ts';
import {
  CONNECTION_REFUSALS,
  LOOK_UP_OUTCOMES,
  NODE_OR_NONE,
  REFUSAL_CODES,
  requestKey,
  requestLabels,
  SESSION_KINDS,
} from './labels.ts';
import type { MetricDeclaration, Observed, Sample } from './metrics.ts';
import { PAIR_RESULTS } from './pair-check.ts';
import { TERMINATIONS } from './record.ts';
import { byLabel, histogramPerNodeAndClass, one } from './samples.ts';

export const TRAFFIC_METRICS: readonly MetricDeclaration[] = [
  {
    name: 'requests_total',
    type: 'counter',
    help: 'Requests by the node that answered or was tried last (empty: none), class and status sent to the client (other: none sent).',
    labels: {
      node: NODE_OR_NONE,
      class: REQUEST_CLASSES,
      status: 'the status of the answer, or `other`: none was sent',
    },
    samples: requestsPerNode,
  },
  {
    name: 'request_duration_seconds',
    type: 'histogram',
    help: 'From the first byte of a request to the last of its answer, by node (empty: none) and class; tunnels are left out.',
    labels: { node: NODE_OR_NONE, class: REQUEST_CLASSES },
    series: ({ stats }) => histogramPerNodeAndClass(stats.nodes, (node) => node.duration),
  },
  {
    name: 'affinity_decisions_total',
    type: 'counter',
    help: 'Routing decisions by the source that decided and the verdict.',
    labels: { by: DECIDED_BY, verdict: VERDICTS },
    samples: ({ stats }) =>
      DECIDED_BY.flatMap((by) =>
        VERDICTS.map((verdict) => ({ labels: { by, verdict }, value: stats.decisions[by][verdict] })),
      ),
  },
  {
    name: 'affinity_conflicts_total',
    type: 'counter',
    help: 'Requests whose sources of affinity named different nodes.',
    labels: {},
    samples: ({ stats }) => one(stats.conflicts),
  },
  {
    name: 'terminations_total',
    type: 'counter',
    help: 'Requests by the cause that ended them.',
    labels: { cause: TERMINATIONS },
    samples: ({ stats }) => byLabel('cause', TERMINATIONS, stats.terminations),
  },
  {
    name: 'refusals_total',
    type: 'counter',
    help: 'Requests that the proxy answered with an error of its own, by code.',
    labels: { code: REFUSAL_CODES },
    samples: ({ stats }) => byLabel('code', REFUSAL_CODES, stats.refusals),
  },
  {
    name: 'retries_denied_total',
    type: 'counter',
    help: 'Requests not sent again because the retry budget was used up.',
    labels: {},
    samples: ({ stats }) => one(stats.retriesDenied),
  },
  {
    name: 'pair_check_total',
    type: 'counter',
    help: 'Answers of a session compared with the one before: by the same node, by another while that one is up, not compared.',
    labels: { result: PAIR_RESULTS },
    samples: ({ pairs }) => byLabel('result', PAIR_RESULTS, pairs),
  },
  {
    name: 'lookups_total',
    type: 'counter',
    help: 'Searches for the owner of a session among the nodes, by outcome.',
    labels: { outcome: LOOK_UP_OUTCOMES },
    samples: ({ stats }) => byLabel('outcome', LOOK_UP_OUTCOMES, stats.lookUps),
  },
  {
    name: 'client_connections',
    type: 'gauge',
    help: 'Open connections from clients.',
    labels: {},
    samples: ({ stats }) => one(stats.clientConnections),
  },
  {
    name: 'client_connections_accepted_total',
    type: 'counter',
    help: 'Connections accepted from clients.',
    labels: {},
    samples: ({ stats }) => one(stats.connectionsAccepted),
  },
  {
    name: 'client_connections_refused_total',
    type: 'counter',
    help: 'Connections from clients that were reset before a byte of theirs was read, by reason.',
    labels: { reason: CONNECTION_REFUSALS },
    samples: ({ stats }) => byLabel('reason', CONNECTION_REFUSALS, stats.connectionRefusals),
  },
  {
    name: 'tls_handshakes_total',
    type: 'counter',
    help: 'TLS handshakes done with clients, by whether a session was resumed.',
    labels: { session: SESSION_KINDS },
    samples: ({ stats }) => byLabel('session', SESSION_KINDS, stats.handshakes),
  },
  {
    name: 'tls_handshake_failures_total',
    type: 'counter',
    help: 'TLS handshakes with clients that came to nothing, by reason.',
    labels: { reason: HANDSHAKE_FAILURES },
    samples: ({ stats }) => byLabel('reason', HANDSHAKE_FAILURES, stats.handshakeFailures),
  },
  {
    name: 'http2_faults_total',
    type: 'counter',
    help: 'Connections of HTTP/2 that were ended for what the client did, by reason.',
    labels: { reason: HTTP2_FAULTS },
    samples: ({ stats }) => byLabel('reason', HTTP2_FAULTS, stats.http2Faults),
  },
  {
    name: 'cookies_ignored_total',
    type: 'counter',
    help: 'Stickiness cookies that counted for nothing, since their signature is wrong or there is none, by reason.',
    labels: { reason: IGNORED_COOKIES },
    samples: ({ stats }) => byLabel('reason', IGNORED_COOKIES, stats.cookiesIgnored),
  },
  {
    name: 'in_flight_requests',
    type: 'gauge',
    help: 'Requests that have begun and not ended, held long polls and tunnels included.',
    labels: {},
    samples: ({ stats }) => one(stats.inFlight),
  },
  {
    name: 'received_bytes_total',
    type: 'counter',
    help: 'Bytes of ended requests received from clients, heads included.',
    labels: {},
    samples: ({ stats }) => one(stats.bytesIn),
  },
  {
    name: 'sent_bytes_total',
    type: 'counter',
    help: 'Bytes of ended requests sent to clients, heads included.',
    labels: {},
    samples: ({ stats }) => one(stats.bytesOut),
  },
];

/** What a node that is well answers, and what the proxy says for one that is not. */
const STATUSES_OF_NODE = [200, 502, 503, 504];
const REFUSED_WITH = new Set(Object.values(REFUSALS).map(({ status }) => status));

/**
 * Those that are there from the start, at 0: of one that begins at 1 Prometheus sees no increase, and so not the first
 * error.
 */
const KEYS_OF_NODE = REQUEST_CLASSES.flatMap((name) =>
  name === 'health' ? [] : STATUSES_OF_NODE.map((status) => requestKey(name, status)),
).concat(requestKey('live', 101));
const KEYS_OF_NONE = REQUEST_CLASSES.flatMap((name) =>
  [...REFUSED_WITH].map((status) => requestKey(name, status)),
).concat(requestKey('health', 200));

function* requestsPerNode({ stats }: Observed): Generator<Sample> {
  for (const node of stats.nodes) {
    const counted = new Map(node.requests);
    for (const key of node.name === '' ? KEYS_OF_NONE : KEYS_OF_NODE) {
      if (!counted.has(key)) yield { labels: { node: node.name, ...requestLabels(key) }, value: 0 };
    }
    for (const [key, value] of counted) yield { labels: { node: node.name, ...requestLabels(key) }, value };
  }
}
