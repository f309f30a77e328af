/** What a running node is told: the configuration in the forms that the rooms of the node take. */
import { type NodeConfig, nodeSchema } from '../config/node-schema.ts';
import type { AddressLimits } from './limits/address-limiter.ts';
import { LIVE_DEFAULTS, type LiveOptions } from './live/options.ts';
import { AllowedOrigins } from './origins.ts';
import type { Lifetimes } from './sessions/lifetimes.ts';

export interface NodeOptions {
  /** The node's application name, `sessionServerName` in answers and the cookie's value. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Root of the web application, without a trailing slash: `/cobrowse`, or `''`. */
  readonly base: string;
  /** This node's own public URL, told as `sessionServerUrl`; undefined leaves that out. */
  readonly serverUrl: string | undefined;
  /** Who may look up sessions. Empty: nobody. */
  readonly allowedOrigins: AllowedOrigins;
  /** IP addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** `memory`, or the URL of a Redis. May hold a password: not for logs. */
  readonly storeUrl: string;
  /** How long the store may be away until health says so; ms. */
  readonly storeGraceMs: number;
  /** Live sessions; 0 is no limit. */
  readonly maxSessions: number;
  readonly lifetimes: Lifetimes;
  /** REST requests of one address for what does not exist. */
  readonly misses: AddressLimits;
  readonly live: LiveOptions;
  /** How long a stopping node serves on at least, so that balancers notice; ms. */
  readonly drainNoticeMs: number;
  /** How long it waits at most for its live sessions to end; ms. Not less than the notice. */
  readonly drainDeadlineMs: number;
  /** How long requests in flight may then take until their connections are cut; ms. */
  readonly finishMs: number;
  /** Where metrics are served; undefined: nowhere. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
}

const FINISH_MS = 10_000;

export function nodeOptions(config: NodeConfig): NodeOptions {
  const { name, host, port, base, serverUrl, trustedProxies, store, sessions, rates, drain, metrics } = config;
  return {
    name,
    host,
    port,
    base,
    serverUrl,
    allowedOrigins: new AllowedOrigins(config.allowedOrigins),
    trustedProxies,
    storeUrl: store.url,
    storeGraceMs: store.grace,
    maxSessions: sessions.max,
    lifetimes: {
      neverJoinedMs: sessions.neverJoined,
      abandonedMs: sessions.abandoned,
      retentionMs: sessions.retention,
      historyMs: sessions.history,
    },
    misses: rates.misses,
    live: liveOptions(config),
    drainNoticeMs: drain.notice,
    drainDeadlineMs: drain.deadline,
    finishMs: FINISH_MS,
    metrics: metrics.port === undefined ? undefined : { host: metrics.host, port: metrics.port },
  };
}

function liveOptions({ live, rates, trustedProxies }: NodeConfig): LiveOptions {
  return {
    ...LIVE_DEFAULTS,
    timeoutMs: live.timeout,
    maxIntervalMs: live.maxInterval,
    maxMessageBytes: live.message,
    maxBatch: live.batch,
    messagesPerSecond: rates.messages.perSecond,
    messageBurst: rates.messages.burst,
    // Mostly ASCII, so a character is about a byte.
    maxQueueLength: live.queue,
    maxSubscriptions: live.subscriptions,
    maxClients: live.clients,
    maxUnconnected: live.unconnected,
    handshakesPerSecond: rates.handshakes.perSecond,
    handshakeBurst: rates.handshakes.burst,
    failedJoinsPerMinute: rates.failedJoins.perMinute,
    failedJoinBurst: rates.failedJoins.burst,
    maxPollsPerBrowser: live.pollsPerBrowser,
    multiplePollsIntervalMs: live.extraPollInterval,
    trustedProxies,
  };
}

/** Those of an empty configuration. */
export const DEFAULTS: NodeOptions = nodeOptions(nodeSchema.parse({}));
