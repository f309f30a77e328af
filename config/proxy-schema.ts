/**
 * Every option of the proxy: its shape, unit, default and bounds, in one place. The loader validates against it, the
 * reference in the README names the same keys, and `ProxyConfig` is what the program reads: durations in
 * milliseconds, sizes in bytes, paths without a trailing slash (`''` is the root, so `base + '/x'` always works).
 */
import { z } from 'zod';
import type { DeepReadonly } from './frozen.ts';
import {
  addressesOfTheirOwn,
  certWithKey,
  comparable,
  crossSiteIsSecure,
  fastIntervalWithinInterval,
  nodesOfTheirOwn,
  oneKeySource,
  oneSourceOfTokens,
  proxyProtocolBySomebody,
  redirectWithoutTls,
  routesOfTheirOwn,
  targetWithinHead,
  tlsWithoutHttps,
  tlsWithoutHttpsNode,
} from './proxy-contradictions.ts';
import { PUBLIC_PATHS } from './public-paths.ts';
import { REQUEST_CLASSES } from './request-classes.ts';
import {
  cookiePath,
  duration,
  fileName,
  host,
  hostName,
  matching,
  network,
  nodeName,
  nodeUrl,
  origin,
  otlpEndpoint,
  path,
  pemFile,
  secretKey,
  secretTokens,
  serverUrl,
  size,
  token,
} from './scalars.ts';
import { DAY, GIB, HOUR, KIB, MIB, MINUTE } from './values.ts';

/** Port 0: any free one; the `listening` message says which. */
const address = (port: number) =>
  z.strictObject({ host: host.default('127.0.0.1'), port: z.int().min(0).max(65_535).default(port) });

const tls = z.strictObject({
  /** A client gets the first with exactly the name that it asks for, else with `*.` for its first label, else the first. */
  certificates: z
    .array(
      z.strictObject({
        /** The certificate, and those between it and its CA. */
        cert: pemFile,
        key: pemFile,
      }),
    )
    .min(1)
    .max(256),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
  /** With it every client has to show a certificate that one of these CAs has signed. */
  clientCa: pemFile.optional(),
  /** For how long browsers are to come with TLS only; absent: nothing is said of it. */
  hsts: duration(0, 730 * DAY).optional(),
});

const METHODS = z
  .array(matching('a method such as GET', /^[A-Z][A-Z-]{0,31}$/))
  .min(1)
  .max(32);
const pathRule = z.strictObject({
  path: matching(
    'a path below the base such as /rest/live/sessions/{id} or /cometd/**',
    /^(?=\/)(?!.*\.(?:\/|$))(?:\/(?:[A-Za-z0-9._~-]+|\{id\}))*(?:\/\*\*)?$/,
  ),
  /** GET stands for HEAD as well; absent: any method. */
  methods: METHODS.optional(),
});

const listener = address(8700)
  .extend({
    /** Of a public listener `allow` has a default, `PUBLIC_PATHS`. */
    audience: z.enum(['internal', 'public']).default('internal'),
    /** Nothing else is served; absent, for an internal listener: everything. */
    allow: z.array(pathRule).min(1).max(256).optional(),
    /** Not served even so. */
    deny: z.array(pathRule).max(256).default([]),
    tls: tls.optional(),
    /** The port of the https URL that all clients are sent to. */
    redirectToHttps: z.int().min(1).max(65_535).optional(),
    /** HTTP/2 beside HTTP/1.1; absent: with TLS only. Without TLS a client has to know that it may. */
    http2: z.boolean().optional(),
    /** Each connection begins with a PROXY header, version 1 or 2, by one of `forwarding.trustedProxies`. */
    proxyProtocol: z.boolean().default(false),
    /** Clients' connections that all workers together keep open here; absent: as many as `limits.connections` allows. */
    maxConnections: z.int().min(1).max(10_000_000).optional(),
  })
  .superRefine(redirectWithoutTls)
  .transform(({ allow, ...rest }) => ({
    ...rest,
    allow: allow ?? (rest.audience === 'public' ? PUBLIC_PATHS : undefined),
  }));

const admin = address(9700)
  .extend({
    /** What orders must bear; '' for none: then a loopback address alone takes them, and without `readToken` only. */
    token: secretTokens.default(''),
    /** A file with it in its place, '' for none. */
    tokenFile: fileName.default(''),
    /** What whoever only looks must bear, where not `token`; '' for none: then a loopback address alone answers. */
    readToken: secretTokens.default(''),
    readTokenFile: fileName.default(''),
  })
  .superRefine(oneSourceOfTokens);

/** TLS to nodes with an https url. There is no way not to verify what they show. */
const nodeTls = z
  .strictObject({
    /** CAs, one of which the node's certificate must lead to; absent: those that Node.js trusts. */
    ca: pemFile.optional(),
    /** Asked for, and what the certificate must be for; absent: the host of the url. */
    serverName: hostName.optional(),
    /** What the proxy shows to a node that asks for a certificate. */
    cert: pemFile.optional(),
    key: pemFile.optional(),
  })
  .superRefine(certWithKey);

const node = z
  .strictObject({
    /** The value of the affinity cookie that binds to this node. */
    name: nodeName,
    url: nodeUrl,
    serverUrl: serverUrl.optional(),
    weight: z.int().min(1).max(256).default(1),
    /** Connections that all workers together open to it; absent: as many as it takes. */
    maxConnections: z.int().min(1).max(1_000_000).optional(),
    /** What is not said here is as `nodeTls` says it; cert and key go together. */
    tls: nodeTls.optional(),
  })
  .superRefine(tlsWithoutHttps);

const route = z.strictObject({
  class: z.enum(REQUEST_CLASSES).exclude(['any']),
  /** Absent: any method. */
  method: matching('a method such as GET', /^[A-Z]{1,32}$/).optional(),
  path: matching(
    'a path below the base such as /rest/live/sessions/{id} or /cometd/**',
    /^(?!.*\/\.{1,2}(?:\/|$))(?:\/(?:[A-Za-z0-9._~-]+|\{id\}))+(?:\/\*\*)?$/,
  ),
});

/** Headers that delimit or route a message: none of them may carry the request id. */
const RESERVED_HEADERS =
  /^(?:connection|content-length|cookie|forwarded|host|keep-alive|te|trailer|transfer-encoding|upgrade|via|x-forwarded-.*)$/i;

/** Forced on the stickiness cookie that the application sets. What is not said here is left to it. */
const attributes = z
  .strictObject({
    secure: z.boolean().default(false),
    httpOnly: z.boolean().default(false),
    sameSite: z.enum(['None', 'Lax', 'Strict']).optional(),
    partitioned: z.boolean().default(false),
    path: cookiePath.optional(),
    domain: hostName.optional(),
  })
  .superRefine(crossSiteIsSecure);

/** A signature in the stickiness cookie; without a key there is none. */
const signature = z
  .strictObject({
    /** The first signs, all verify. */
    keys: z.array(secretKey).max(16).default([]),
    /** A file with them, one a line; '' for none. */
    keyFile: fileName.default(''),
    /** What a cookie without a signature is worth, such as one that an agent's desktop writes by itself. */
    unsigned: z.enum(['accept', 'ignore']).default('accept'),
  })
  .superRefine(oneKeySource);

const affinity = z.strictObject({
  cookie: token('a cookie name').default('gcbSessionServer'),
  attributes: attributes.prefault({}),
  signature: signature.prefault({}),
  /** How long a bound node may be unreachable before its sessions count as lost. */
  reconnectGrace: duration(0, HOUR).prefault('15s'),
  /** Sessions and user tokens remembered with their owner, in each worker. */
  directory: z.int().min(1).max(10_000_000).default(100_000),
  lookup: z
    .strictObject({
      /** Sent as Origin when asking nodes whose session it is; the nodes must allow it. */
      origin: origin.default('http://127.0.0.1:8700'),
      timeout: duration(10, MINUTE).prefault('1s'),
      hitTtl: duration(0, DAY).prefault('10m'),
      missTtl: duration(0, HOUR).prefault('2s'),
      /** Look-ups started by one worker in one second; more are answered as not found in the directory. */
      perSecond: z.int().min(1).max(100_000).default(100),
    })
    .prefault({}),
});

const DEFAULT_FAST_INTERVAL = 500;
const health = z
  .strictObject({
    /** Below the node's base. */
    path: path('/health').prefault('/health'),
    interval: duration(50, HOUR).prefault('2s'),
    /** While a node is in transition; 500ms, or the interval where that is shorter. */
    fastInterval: duration(20, HOUR).optional(),
    timeout: duration(20, MINUTE).prefault('1s'),
    rise: z.int().min(1).max(100).default(2),
    fall: z.int().min(1).max(100).default(3),
    /** Until a node that has come up gets its whole share; 0ms: at once. */
    slowStart: duration(0, HOUR).prefault('10s'),
    /** What traffic shows of a node whose `/health` is well. */
    outliers: z
      .strictObject({
        /** Failures in a row, on all workers, after which it gets nothing new; 0: never. */
        errors: z.int().min(0).max(1000).default(5),
        /** For how long the first time; the n-th time in a row n times as long, up to 10 times. */
        ejection: duration(100, HOUR).prefault('10s'),
        /** For how long it may owe answers and give none before it has to answer a look-up as well; 0ms: for ever. */
        hung: duration(0, MINUTE).prefault('1500ms'),
      })
      .prefault({}),
  })
  .superRefine(fastIntervalWithinInterval)
  .transform(({ fastInterval, ...rest }) => ({
    ...rest,
    fastInterval: fastInterval ?? Math.min(DEFAULT_FAST_INTERVAL, rest.interval),
  }));

const DEFAULT_TARGET = 8 * KIB;
const limits = z
  .strictObject({
    /** Request line and headers together, and the same for a node's answer. */
    head: size(KIB, MIB).prefault('16KiB'),
    /** Header lines. */
    headers: z.int().min(8).max(10_000).default(100),
    /** The request target; 8KiB, or the head limit where that is smaller. */
    target: size(64, MIB).optional(),
    body: size(0, 1024 * GIB).prefault('1GiB'),
    /** Clients' connections that all workers together keep open; more are reset. */
    connections: z.int().min(1).max(10_000_000).default(100_000),
    /** Of one client: an IPv4 address, or an IPv6 network of 64 bits. */
    perAddress: z
      .strictObject({
        /** Open at once; 0: any number. */
        connections: z.int().min(0).max(10_000_000).default(0),
        /** 0: any number. */
        requestsPerSecond: z.int().min(0).max(1_000_000).default(0),
        /** Requests that may come at once after a quiet time. */
        burst: z.int().min(1).max(1_000_000).default(100),
      })
      .prefault({}),
    /** TLS handshakes in progress in each worker; more connections are reset. */
    handshakes: z.int().min(1).max(1_000_000).default(1000),
    /** Of HTTP/2, open at once on one connection. */
    streams: z.int().min(1).max(10_000).default(100),
  })
  .superRefine(targetWithinHead)
  .transform(({ target, ...rest }) => ({ ...rest, target: target ?? Math.min(DEFAULT_TARGET, rest.head) }));

const timeouts = z.strictObject({
  /** From a connection to its PROXY header, and then to the end of its TLS handshake. */
  handshake: duration(50, HOUR).prefault('10s'),
  /** From the first byte of a request's head to its end. */
  head: duration(50, HOUR).prefault('10s'),
  /** A client's connection between two requests. */
  idle: duration(50, DAY).prefault('75s'),
  /** Between two pieces of a request body. */
  body: duration(50, HOUR).prefault('60s'),
  /** To open a connection to a node. */
  connect: duration(20, MINUTE).prefault('2s'),
  /** From the request's end to the answer's head: longer than any long poll. */
  answer: duration(50, DAY).prefault('5m'),
  /** Between two pieces of an answer body, and for a client that does not read it. */
  stall: duration(50, DAY).prefault('10m'),
  /** A tunnel without a byte in either direction. */
  tunnel: duration(50, 7 * DAY).prefault('2h'),
  /** An unused connection to a node. */
  nodeIdle: duration(50, DAY).prefault('30s'),
  /** How long a worker whose listeners a reload replaced may go on with what it has. */
  retire: duration(0, 7 * DAY).prefault('2h'),
  /** After SIGTERM: how long connections are accepted still, while `/ready` says 503. */
  shutdownDelay: duration(0, HOUR).prefault('0ms'),
  /** From then to the end, whatever is still in flight. */
  shutdown: duration(0, DAY).prefault('30s'),
});

export const proxySchema = z
  .strictObject({
    listeners: z.array(listener).min(1).max(64).prefault([{}]),
    admin: admin.prefault({}),
    /** Where drains and maintenance are remembered over a restart; '' for nowhere. */
    stateFile: fileName.default(''),
    /** Processes that carry traffic; auto: one for each core. */
    workers: z.union([z.literal('auto'), z.int().min(1).max(256)]).default('auto'),
    base: path('/cobrowse').prefault('/cobrowse'),
    affinity: affinity.prefault({}),
    /** Which requests are which class, first match first; what no route matches is `any`. */
    routes: z
      .array(route)
      .max(64)
      .superRefine(routesOfTheirOwn)
      .default([
        { class: 'create', method: 'POST', path: '/rest/live/sessions' },
        { class: 'session', method: 'GET', path: '/rest/live/sessions/{id}' },
        { class: 'user', method: 'GET', path: '/rest/live/users/{id}/session/stop' },
        { class: 'live', path: '/cometd/**' },
        { class: 'health', path: '/health' },
      ]),
    health: health.prefault({}),
    balance: z.enum(['least-sessions', 'least-requests', 'random-two', 'round-robin']).default('least-sessions'),
    /** When no node answers its polls: refuse, or send requests there all the same. */
    allDown: z.enum(['fail', 'try-anyway']).default('fail'),
    retries: z
      .strictObject({
        /** Requests sent again for each 100 that came. */
        budget: z.int().min(0).max(100).default(20),
        /** Retries that each worker may save up. */
        burst: z.int().min(0).max(100_000).default(1000),
      })
      .prefault({}),
    /** Requests that wait for a connection of a node that has `maxConnections`. */
    queue: z
      .strictObject({
        /** For each node and worker. */
        length: z.int().min(0).max(100_000).default(256),
        timeout: duration(10, HOUR).prefault('5s'),
      })
      .prefault({}),
    drain: z
      .strictObject({
        /** Tunnels to a node that has to be left which all workers together close in one second. */
        closePerSecond: z.int().min(1).max(100_000).default(50),
      })
      .prefault({}),
    nodes: z.array(node).min(1).max(1024).superRefine(nodesOfTheirOwn),
    /** For all nodes with an https url. */
    nodeTls: nodeTls.optional(),
    forwarding: z
      .strictObject({
        /** Peers whose X-Forwarded-* and Forwarded are believed. */
        trustedProxies: z.array(network).max(256).default([]),
        requestIdHeader: token('a header name')
          .refine((name) => !RESERVED_HEADERS.test(name), 'expected a header without a meaning of its own')
          .default('X-Request-Id'),
        via: token('a pseudonym such as cobrowse-proxy').default('cobrowse-proxy'),
      })
      .prefault({}),
    limits: limits.prefault({}),
    timeouts: timeouts.prefault({}),
    log: z
      .strictObject({
        level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
        /** One line for each request. */
        access: z.boolean().default(true),
      })
      .prefault({}),
    /** OpenTelemetry: spans of requests and of what nodes made of them. */
    tracing: z
      .strictObject({
        /** Where spans are sent to, by OTLP over HTTP; '' for nowhere: then `traceparent` passes as it is. */
        endpoint: otlpEndpoint.default(''),
        /** Share of the traces beginning here that is recorded; of others, whoever began them has decided. */
        ratio: z.number().min(0).max(1).default(0.01),
        /** Requests recorded by each worker in one second, whoever wants them recorded. */
        perSecond: z.int().min(1).max(100_000).default(100),
        /** `service.name` of the spans. */
        serviceName: matching(
          '1 to 128 printable characters',
          /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/,
        ).default('cobrowse-proxy'),
      })
      .prefault({}),
  })
  .superRefine(addressesOfTheirOwn, { when: comparable('listeners', 'admin') })
  .superRefine(proxyProtocolBySomebody, { when: comparable('listeners', 'forwarding') })
  .superRefine(tlsWithoutHttpsNode, { when: comparable('nodes', 'nodeTls') });

export type ProxyConfig = DeepReadonly<z.output<typeof proxySchema>>;
export type NodeConfig = ProxyConfig['nodes'][number];
export type NodeTlsConfig = NonNullable<ProxyConfig['nodeTls']>;
export type RouteConfig = ProxyConfig['routes'][number];
export type PathRuleConfig = ProxyConfig['listeners'][number]['deny'][number];
export type TracingConfig = ProxyConfig['tracing'];
export type BalancePolicy = ProxyConfig['balance'];
