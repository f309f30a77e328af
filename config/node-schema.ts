/**
 * Every option of the co-browse node: its shape, unit, default and bounds, in one place. The loader validates against
 * it, and `NodeConfig` is what comes out: durations in milliseconds, sizes in bytes, paths without a trailing slash (`''`
 * is the root).
 */
import { z } from 'zod';
import type { DeepReadonly } from './frozen.ts';
import { metricsBesideTraffic, noticeWithinDeadline } from './node-contradictions.ts';
import { comparable } from './proxy-contradictions.ts';
import { duration, host, network, nodeName, originList, path, serverUrl, size, storeUrl } from './scalars.ts';
import { DAY, GIB, HOUR, KIB, MINUTE, SECOND } from './values.ts';

/** 0: any free one; the `listening` message says which. */
const port = z.int().min(0).max(65_535);
const amount = (most: number) => z.int().min(1).max(most);

/** Told to clients as it is written, without a trailing slash. */
const publicUrl = serverUrl
  .refine(({ url }) => !url.endsWith('/'), 'expected a URL without a trailing slash')
  .transform(({ url }) => url);

const sessions = z.strictObject({
  /** Live sessions of this node; above, create answers 503 and health says that the node is full. 0: no limit. */
  max: z.int().min(0).max(1_000_000).default(10_000),
  /** From its creation until a session that no agent has joined is cancelled. */
  neverJoined: duration(SECOND, DAY).prefault('10m'),
  /** From the last sign of life of any participant until an active session ends. */
  abandoned: duration(SECOND, DAY).prefault('10m'),
  /** From its end until a session is forgotten; until then a second stop gives the same answer. */
  retention: duration(SECOND, 7 * DAY).prefault('10m'),
  /** From the end of a session until its history is forgotten. */
  history: duration(SECOND, 90 * DAY).prefault('1h'),
});

const live = z.strictObject({
  /** How long a poll is held when there is nothing to deliver. */
  timeout: duration(50, 10 * MINUTE).prefault('30s'),
  /** How long a client may be without a poll or socket before it is removed. */
  maxInterval: duration(50, HOUR).prefault('15s'),
  /** The largest request body or WebSocket message. */
  message: size(KIB, GIB).prefault('8MiB'),
  /** Messages in one request body or WebSocket message. */
  batch: amount(100_000).default(500),
  /** What may wait for one client that does not take it. */
  queue: size(KIB, 4 * GIB).prefault('32MiB'),
  /** Channels that one client may be subscribed to. */
  subscriptions: amount(10_000).default(64),
  /** Clients of this node; a handshake beyond them is refused. */
  clients: amount(1_000_000).default(20_000),
  /** Of them, those that have never connected; a handshake beyond them removes the oldest. */
  unconnected: amount(1_000_000).default(1_000),
  /** Long polls held for one browser, as its connections to one origin are few; another is answered at once. */
  pollsPerBrowser: amount(100).default(1),
  /** How long a client with a poll too many is to wait until its next. */
  extraPollInterval: duration(0, MINUTE).prefault('2s'),
});

/** A rate that may be kept up, and what may come at once after a quiet time. */
const perSecond = (rate: number, burst: number) =>
  z.strictObject({ perSecond: amount(1_000_000).default(rate), burst: amount(1_000_000).default(burst) }).prefault({});
const perMinute = (rate: number, burst: number) =>
  z.strictObject({ perMinute: amount(1_000_000).default(rate), burst: amount(1_000_000).default(burst) }).prefault({});

const rates = z.strictObject({
  /** Messages of one client of the live channel; a client above it is removed. */
  messages: perSecond(100, 1_000),
  /** Handshakes of one address. */
  handshakes: perSecond(20, 200),
  /** REST requests of one address that name a session, user or history which does not exist: guesses. */
  misses: perMinute(60, 60),
  /** Joins of one address that name no live session: guesses as well. */
  failedJoins: perMinute(10, 10),
});

const DEFAULT_NOTICE = 5 * SECOND;
const drain = z
  .strictObject({
    /** Serves on for at least this long, so that balancers notice; 5s, or the deadline where that is shorter. */
    notice: duration(0, HOUR).optional(),
    /** From the signal until live sessions that have not ended by themselves are ended. */
    deadline: duration(0, DAY).prefault('10m'),
  })
  .superRefine(noticeWithinDeadline)
  .transform(({ notice, deadline }) => ({ notice: notice ?? Math.min(DEFAULT_NOTICE, deadline), deadline }));

export const nodeSchema = z
  .strictObject({
    /** `sessionServerName` in answers, and the value of the affinity cookie. */
    name: nodeName.default('Co-browse_Server'),
    host: host.default('127.0.0.1'),
    port: port.default(8700),
    /** Root of the web application. */
    base: path('/cobrowse').prefault('/cobrowse'),
    /** This node's own public URL, `sessionServerUrl` in answers; absent: left out. */
    serverUrl: publicUrl.optional(),
    /** Who may look up sessions; empty: nobody. */
    allowedOrigins: originList.prefault(''),
    /** Peers whose X-Forwarded-For is believed, for limits by address. */
    trustedProxies: z.array(network).max(256).default(['127.0.0.0/8', '::1']),
    store: z
      .strictObject({
        url: storeUrl.default('memory'),
        /** How long the store may be away until health says that the node takes no new sessions. */
        grace: duration(0, HOUR).prefault('5s'),
      })
      .prefault({}),
    sessions: sessions.prefault({}),
    live: live.prefault({}),
    rates: rates.prefault({}),
    drain: drain.prefault({}),
    metrics: z
      .strictObject({
        host: host.default('127.0.0.1'),
        /** Absent: no metrics are served. */
        port: port.optional(),
      })
      .prefault({}),
    log: z
      .strictObject({ level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info') })
      .prefault({}),
  })
  .superRefine(metricsBesideTraffic, { when: comparable('host', 'port', 'metrics') });

export type NodeConfig = DeepReadonly<z.output<typeof nodeSchema>>;
