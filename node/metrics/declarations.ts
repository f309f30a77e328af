/**
 * Every metric of the node, declared once: its name (all begin with `cobrowse_node_`), type, help and labels. What
 * `read` finds is looked up at scrape; the others are counted as things happen. Labels come from closed sets only.
 */
import { ERRORS } from '../errors.ts';
import { BAYEUX_ERROR_CODES, TRANSPORTS, type Transport, type TransportTraffic } from '../live/traffic.ts';
import { END_CAUSES } from '../sessions/session.ts';
import { OPERATIONS } from './operations.ts';
import type { MetricSources } from './sources.ts';

export const METRIC_PREFIX = 'cobrowse_node_';

/** What a REST request asked for; `other`: nothing that there is. `live` is the CometD channel. */
export const REQUEST_FUNCTIONS = ['create', 'get', 'stop', 'history', 'health', 'live', 'static', 'other'] as const;
export type RequestFunction = (typeof REQUEST_FUNCTIONS)[number];

const LIVE_STATES = ['inactive', 'active'] as const;

type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

interface Described {
  readonly help: string;
  /** What values each takes: all there are, or in words. */
  readonly labels: Readonly<Record<string, readonly string[] | string>>;
}

export interface ReadMetric extends Described {
  readonly type: 'counter' | 'gauge';
  readonly read: (sources: MetricSources) => readonly Sample[];
}

export interface CountedMetric extends Described {
  readonly type: 'counted';
  /** They stand at 0 from the start, so that the first event is seen as an increase. */
  readonly initial: readonly Labels[];
}

export interface TimedMetric extends Described {
  readonly type: 'histogram';
  /** Upper bounds in seconds. */
  readonly buckets: readonly number[];
}

const one = (value: number): readonly Sample[] => [{ labels: {}, value }];

/** One sample for each value of a label. */
const by = <V extends string>(label: string, values: readonly V[], read: (value: V) => number): readonly Sample[] =>
  values.map((value) => ({ labels: { [label]: value }, value: read(value) }));

const byTransport = ({ live }: MetricSources, read: (traffic: TransportTraffic) => number): readonly Sample[] =>
  by('transport', TRANSPORTS, (transport: Transport) => read(live().traffic.of(transport)));

export const COUNTED = {
  requests_total: {
    type: 'counted',
    help: 'HTTP requests by what they asked for and the status of the answer (aborted: none was sent).',
    labels: { function: REQUEST_FUNCTIONS, status: 'the status of the answer, or `aborted`: none was sent' },
    initial: [],
  },
  refusals_total: {
    type: 'counted',
    help: 'HTTP requests that were answered with an error, by its code.',
    labels: { code: Object.keys(ERRORS) },
    initial: Object.keys(ERRORS).map((code) => ({ code })),
  },
  session_operations_total: {
    type: 'counted',
    help: 'What was done with sessions, by REST and by the live channel, and how it came out.',
    labels: { operation: Object.keys(OPERATIONS), outcome: [...new Set(Object.values(OPERATIONS).flat())] },
    initial: Object.entries(OPERATIONS).flatMap(([operation, outcomes]) =>
      outcomes.map((outcome) => ({ operation, outcome })),
    ),
  },
  sessions_ended_total: {
    type: 'counted',
    help: 'Sessions of this node that have ended, by the cause.',
    labels: { cause: END_CAUSES },
    initial: END_CAUSES.map((cause) => ({ cause })),
  },
} as const satisfies Readonly<Record<string, CountedMetric>>;

export const TIMED = {
  request_duration_seconds: {
    type: 'histogram',
    help: 'From the head of an HTTP request to the last byte of its answer; the live channel, whose polls are held, is left out.',
    labels: { function: REQUEST_FUNCTIONS },
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
} as const satisfies Readonly<Record<string, TimedMetric>>;

export const READ = {
  live_sessions: {
    type: 'gauge',
    help: 'Live sessions of this node by state: inactive ones wait for an agent.',
    labels: { state: LIVE_STATES },
    read: ({ sessions }) => by('state', LIVE_STATES, (state) => sessions()[state]),
  },
  max_sessions: {
    type: 'gauge',
    help: 'Live sessions that this node may have; 0: no limit.',
    labels: {},
    read: ({ maxSessions }) => one(maxSessions),
  },
  sessions_cancelled_total: {
    type: 'counter',
    help: 'Sessions that ended before an agent joined.',
    labels: {},
    read: ({ sessions }) => one(sessions().cancelled),
  },
  sessions_completed_total: {
    type: 'counter',
    help: 'Sessions that ended after an agent had joined.',
    labels: {},
    read: ({ sessions }) => one(sessions().completed),
  },
  draining: {
    type: 'gauge',
    help: '1 while the node takes no new sessions because it is about to stop.',
    labels: {},
    read: ({ draining }) => one(Number(draining())),
  },
  store_up: {
    type: 'gauge',
    help: '1 while the session store answers.',
    labels: {},
    read: ({ store }) => one(Number(store().state === 'ready')),
  },
  store_unavailable_seconds: {
    type: 'gauge',
    help: 'For how long the session store has not answered; 0 while it does.',
    labels: {},
    read: ({ store }) => {
      const status = store();
      return one(status.state === 'ready' ? 0 : status.forMs / 1_000);
    },
  },
  live_clients: {
    type: 'gauge',
    help: 'Clients of the live channel by the transport that they used last.',
    labels: { transport: TRANSPORTS },
    read: ({ live }) => by('transport', TRANSPORTS, (transport) => live().clients(transport)),
  },
  live_messages_received_total: {
    type: 'counter',
    help: 'Bayeux messages from clients, connects included.',
    labels: { transport: TRANSPORTS },
    read: (sources) => byTransport(sources, ({ messagesIn }) => messagesIn),
  },
  live_messages_sent_total: {
    type: 'counter',
    help: 'Bayeux messages to clients, replies included.',
    labels: { transport: TRANSPORTS },
    read: (sources) => byTransport(sources, ({ messagesOut }) => messagesOut),
  },
  live_received_bytes_total: {
    type: 'counter',
    help: 'Bytes of the JSON of these messages from clients.',
    labels: { transport: TRANSPORTS },
    read: (sources) => byTransport(sources, ({ bytesIn }) => bytesIn),
  },
  live_sent_bytes_total: {
    type: 'counter',
    help: 'Bytes of the JSON of these messages to clients.',
    labels: { transport: TRANSPORTS },
    read: (sources) => byTransport(sources, ({ bytesOut }) => bytesOut),
  },
  live_refusals_total: {
    type: 'counter',
    help: 'Bayeux messages that were refused and clients that were cut off, by the reason.',
    labels: { code: BAYEUX_ERROR_CODES },
    read: ({ live }) => by('code', BAYEUX_ERROR_CODES, (code) => live().traffic.refusals(code)),
  },
  build_info: {
    type: 'gauge',
    help: 'Always 1; the version is in the label.',
    labels: { version: 'as `--version` says it' },
    read: ({ version }) => [{ labels: { version }, value: 1 }],
  },
} as const satisfies Readonly<Record<string, ReadMetric>>;
