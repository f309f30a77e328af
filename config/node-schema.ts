/**
 * Every option of the co-browse node: its shape, unit, default, bounds and what it is for, in one place. The loader
 * validates against it, `node/REFERENCE.md` is made of it, and `NodeConfig` is what comes out: durations in
 * milliseconds, sizes in bytes, paths without a trailing slash (`''` is the root).
 */
import { z } from 'zod';
import type { DeepReadonly } from './frozen.ts';
import { metricsBesideTraffic, noticeWithinDeadline } from './node-contradictions.ts';
import { comparable } from './proxy-contradictions.ts';
import { duration, host, network, nodeName, originList, path, serverUrl, size, storeUrl } from './scalars.ts';
import { DAY, formatDuration, GIB, HOUR, KIB, MINUTE, SECOND } from './values.ts';

/** 0: any free one; the `listening` message says which. */
const port = z.int().min(0).max(65_535);
const amount = (most: number) => z.int().min(1).max(most);

/** Told to clients as it is written, without a trailing slash. */
const publicUrl = serverUrl
  .refine(({ url }) => !url.endsWith('/'), 'expected a URL without a trailing slash')
  .transform(({ url }) => url);

const sessions = z.strictObject({
  max: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(10_000)
    .describe('live ones; above, create answers 503 and health says that the node is full; 0: no limit'),
  neverJoined: duration(SECOND, DAY)
    .prefault('10m')
    .describe('from its creation until a session that no agent has joined is cancelled'),
  abandoned: duration(SECOND, DAY)
    .prefault('10m')
    .describe('from the last sign of life of any participant until an active session ends'),
  retention: duration(SECOND, 7 * DAY)
    .prefault('10m')
    .describe('from its end until a session is forgotten; until then a second stop gives the same answer'),
  history: duration(SECOND, 90 * DAY)
    .prefault('1h')
    .describe('from the end of a session until its history is forgotten'),
});

const live = z.strictObject({
  timeout: duration(50, 10 * MINUTE)
    .prefault('30s')
    .describe('how long a poll is held when there is nothing to deliver'),
  maxInterval: duration(50, HOUR)
    .prefault('15s')
    .describe('how long a client may be without a poll or socket before it is removed'),
  message: size(KIB, GIB).prefault('8MiB').describe('the largest request body or WebSocket message'),
  batch: amount(100_000).default(500).describe('messages in one request body or WebSocket message'),
  queue: size(KIB, 4 * GIB)
    .prefault('32MiB')
    .describe('what may wait for one client that does not take it'),
  subscriptions: amount(10_000).default(64).describe('channels that one client may be subscribed to'),
  clients: amount(1_000_000).default(20_000).describe('clients of this node; a handshake beyond them is refused'),
  unconnected: amount(1_000_000)
    .default(1_000)
    .describe('of them, those that have never connected; a handshake beyond them removes the oldest'),
  pollsPerBrowser: amount(100)
    .default(1)
    .describe('long polls held for one browser, as its connections to one origin are few; another is answered at once'),
  extraPollInterval: duration(0, MINUTE)
    .prefault('2s')
    .describe('how long a client with a poll too many is to wait until its next'),
});

const BURST = 'may come at once after a quiet time';
const perSecond = (rate: number, burst: number) =>
  z
    .strictObject({
      perSecond: amount(1_000_000).default(rate).describe('may be kept up'),
      burst: amount(1_000_000).default(burst).describe(BURST),
    })
    .prefault({});
const perMinute = (rate: number, burst: number) =>
  z
    .strictObject({
      perMinute: amount(1_000_000).default(rate).describe('may be kept up'),
      burst: amount(1_000_000).default(burst).describe(BURST),
    })
    .prefault({});

const rates = z.strictObject({
  messages: perSecond(100, 1_000).describe('messages of one client of the live channel; a client above it is removed'),
  handshakes: perSecond(20, 200).describe('handshakes of one address'),
  misses: perMinute(60, 60).describe(
    'REST requests of one address that name a session, user or history which does not exist: guesses',
  ),
  failedJoins: perMinute(10, 10).describe(
    'joins of one address that name no live session: guesses as well, and nine digits cannot be guessed at that pace',
  ),
});

const DEFAULT_NOTICE = 5 * SECOND;
const drain = z
  .strictObject({
    notice: duration(0, HOUR)
      .optional()
      .describe('serves on for at least this long, so that balancers notice; by default at most `drain.deadline`')
      .meta({ preset: formatDuration(DEFAULT_NOTICE) }),
    deadline: duration(0, DAY)
      .prefault('10m')
      .describe('from the signal until live sessions that have not ended by themselves are ended'),
  })
  .superRefine(noticeWithinDeadline)
  .transform(({ notice, deadline }) => ({ notice: notice ?? Math.min(DEFAULT_NOTICE, deadline), deadline }));

export const nodeSchema = z
  .strictObject({
    name: nodeName
      .default('Co-browse_Server')
      .describe('`sessionServerName` in answers, and the value of the stickiness cookie'),
    host: host.default('127.0.0.1').describe('where it listens'),
    port: port.default(8700).describe('0: any free one'),
    base: path('/cobrowse').prefault('/cobrowse').describe('root of the web application'),
    serverUrl: publicUrl
      .optional()
      .describe("this node's own public URL, `sessionServerUrl` in answers; absent: left out"),
    allowedOrigins: originList.prefault('').describe('who may look up sessions; empty: nobody'),
    trustedProxies: z
      .array(network)
      .max(256)
      .default(['127.0.0.0/8', '::1'])
      .describe(
        'peers whose `X-Forwarded-For` is believed, for limits by address; list your balancers, or all customers share one limit',
      ),
    store: z
      .strictObject({
        url: storeUrl.default('memory').describe('memory, or a Redis that nodes share'),
        grace: duration(0, HOUR)
          .prefault('5s')
          .describe('how long it may be away until health says that the node takes no new sessions'),
      })
      .prefault({})
      .describe('Where sessions are kept.'),
    sessions: sessions.prefault({}).describe('How many there may be, and for how long.'),
    live: live.prefault({}).describe('The live channel.'),
    rates: rates.prefault({}).describe('How often clients and addresses may do what.'),
    drain: drain.prefault({}).describe('After SIGTERM or SIGINT.'),
    metrics: z
      .strictObject({
        host: host.default('127.0.0.1').describe('where they are served, at `/metrics`'),
        port: port.optional().describe('absent: none are served'),
      })
      .prefault({})
      .describe('For Prometheus.'),
    log: z
      .strictObject({
        level: z
          .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
          .default('info')
          .describe('JSON lines, on standard output'),
      })
      .prefault({})
      .describe('Logging.'),
  })
  .superRefine(metricsBesideTraffic, { when: comparable('host', 'port', 'metrics') });

export type NodeConfig = DeepReadonly<z.output<typeof nodeSchema>>;
