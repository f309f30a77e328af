/**
 * Every option of the proxy: its shape, unit, default, bounds and what it is for, in one place. The loader validates
 * against it, `config/REFERENCE.md` is made of it, and `ProxyConfig` is what the program reads: durations in
 * milliseconds, sizes in bytes, paths without a trailing slash (`''` is the root, so `base + '/x'` always works).
 */
import { z } from 'zod';
import { discovery } from './discovery-schema.ts';
import type { DeepReadonly } from './frozen.ts';
import {
  addressesOfTheirOwn,
  certWithKey,
  comparable,
  crossSiteIsSecure,
  fastIntervalWithinInterval,
  nodesOfTheirOwn,
  nodesSomewhere,
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
import { DAY, formatDuration, formatSize, GIB, HOUR, KIB, MIB, MINUTE } from './values.ts';

/** Sockets are opened at the start of a worker. */
const ROLLS_WORKERS = { reload: 'workers' };

const port = (preset: number) => z.int().min(0).max(65_535).default(preset);

const tls = z
  .strictObject({
    certificates: z
      .array(
        z.strictObject({
          cert: pemFile.describe('the certificate, and those between it and its CA'),
          key: pemFile.describe('its key'),
        }),
      )
      .min(1)
      .max(256)
      .describe('by the names in them, exact or `*.`; the first serves all other names'),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('the oldest version that clients may speak'),
    clientCa: pemFile.optional().describe('CAs: only clients with a certificate of theirs get in'),
    hsts: duration(0, 730 * DAY)
      .optional()
      .describe(
        'for how long browsers are to come with TLS only: `Strict-Transport-Security` on answers of nodes that do not say it themselves',
      ),
  })
  .describe('with it the listener speaks TLS, and nothing else');

const METHODS = z
  .array(matching('a method such as GET', /^[A-Z][A-Z-]{0,31}$/))
  .min(1)
  .max(32);
const pathRule = z.strictObject({
  path: matching(
    'a path below the base such as /rest/live/sessions/{id} or /cometd/**',
    /^(?=\/)(?!.*\.(?:\/|$))(?:\/(?:[A-Za-z0-9._~-]+|\{id\}))*(?:\/\*\*)?$/,
  ).describe('as in `routes`, and `/**`'),
  methods: METHODS.optional().describe('GET stands for HEAD as well; absent: any'),
});

const listener = z
  .strictObject({
    host: host.default('127.0.0.1').describe('where clients come in').meta(ROLLS_WORKERS),
    port: port(8700).describe('0: any free one').meta(ROLLS_WORKERS),
    audience: z
      .enum(['internal', 'public'])
      .default('internal')
      .describe('`public`: what live sessions need is served, and nothing internal, no history either'),
    allow: z
      .array(pathRule)
      .min(1)
      .max(256)
      .optional()
      .describe('all that is served, in place of what the audience says'),
    deny: z.array(pathRule).max(256).default([]).describe('not served even so, in whatever letter case'),
    tls: tls.optional(),
    redirectToHttps: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('without TLS, every request is answered with 308 and its URL as https with this port'),
    http2: z
      .boolean()
      .optional()
      .describe(
        'HTTP/2 beside HTTP/1.1; absent: with TLS only. Without TLS a client has to know that it may (prior knowledge)',
      ),
    proxyProtocol: z
      .boolean()
      .default(false)
      .describe('each connection begins with a PROXY header, version 1 or 2, by one of `forwarding.trustedProxies`'),
    maxConnections: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .describe(
        "clients' connections that all workers together keep open here, more are reset; absent: as many as `limits.connections` allows",
      ),
  })
  .superRefine(redirectWithoutTls)
  .transform(({ allow, ...rest }) => ({
    ...rest,
    allow: allow ?? (rest.audience === 'public' ? PUBLIC_PATHS : undefined),
  }));

const admin = z
  .strictObject({
    host: host
      .default('127.0.0.1')
      .describe('keep it off public networks: it speaks plain HTTP')
      .meta({ reload: 'moves' }),
    port: port(9700).describe('one that no listener has').meta({ reload: 'moves' }),
    token: secretTokens
      .default('')
      .describe('for orders and all else; several, separated by blanks or lines, while it is changed'),
    tokenFile: fileName.default('').describe('a file with it in its place, read at each request'),
    readToken: secretTokens
      .default('')
      .describe('for whoever only looks; without any token, and on a loopback address alone, none is asked for'),
    readTokenFile: fileName.default('').describe('a file with it in its place, read at each request'),
  })
  .superRefine(oneSourceOfTokens);

/** There is no way not to verify what nodes show. */
const nodeTls = z
  .strictObject({
    ca: pemFile
      .optional()
      .describe(
        "CAs, one of which the node's certificate must lead to; absent: those that Node.js trusts, `NODE_EXTRA_CA_CERTS` among them",
      ),
    serverName: hostName
      .optional()
      .describe('the name that is asked for and has to be proved; absent: the host of the url'),
    cert: pemFile.optional().describe('shown to nodes that ask for a certificate; with `key`'),
    key: pemFile.optional().describe('its key'),
  })
  .superRefine(certWithKey);

const node = z
  .strictObject({
    name: nodeName.describe('what the stickiness cookie says, to bind to this node'),
    url: nodeUrl.describe('where the proxy reaches it, with the path of its web application; `https` for TLS'),
    serverUrl: serverUrl
      .optional()
      .describe("the node's own public URL: requests to it go to this node whatever their cookie says"),
    weight: z.int().min(1).max(256).default(1).describe('share of new sessions and unbound requests'),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('connections that all workers together open to it; absent: as many as it takes'),
    tls: nodeTls.optional().describe('for this node; what it does not say is as `nodeTls` says it'),
  })
  .superRefine(tlsWithoutHttps);

/** Of a file with nodes as well. */
export const nodesSchema = z.array(node).max(1024).superRefine(nodesOfTheirOwn);

const route = z.strictObject({
  class: z.enum(REQUEST_CLASSES).exclude(['any']).describe('what its requests are'),
  method: matching('a method such as GET', /^[A-Z]{1,32}$/)
    .optional()
    .describe('absent: any'),
  path: matching(
    'a path below the base such as /rest/live/sessions/{id} or /cometd/**',
    /^(?!.*\/\.{1,2}(?:\/|$))(?:\/(?:[A-Za-z0-9._~-]+|\{id\}))+(?:\/\*\*)?$/,
  ).describe('`{id}`: one segment; `/**` at the end: everything below'),
});

/** Headers that delimit or route a message: none of them may carry the request id. */
const RESERVED_HEADERS =
  /^(?:connection|content-length|cookie|forwarded|host|keep-alive|te|trailer|transfer-encoding|upgrade|via|x-forwarded-.*)$/i;

const attributes = z
  .strictObject({
    secure: z.boolean().default(false).describe('over TLS only'),
    httpOnly: z.boolean().default(false).describe('not for scripts'),
    sameSite: z.enum(['None', 'Lax', 'Strict']).optional().describe('`None`, with `secure`, for pages in other sites'),
    partitioned: z
      .boolean()
      .default(false)
      .describe('of its own in each site that shows the page in an iframe (CHIPS)'),
    path: cookiePath.optional().describe('in place of the path that the node says'),
    domain: hostName.optional().describe('in place of the domain that the node says'),
  })
  .superRefine(crossSiteIsSecure)
  .describe('forced on the stickiness cookie that nodes set; what is not said here is left to them');

const signature = z
  .strictObject({
    keys: z.array(secretKey).max(16).default([]).describe('the first signs, all verify; none: no signature'),
    keyFile: fileName.default('').describe('a file with them in their place, one a line'),
    unsigned: z
      .enum(['accept', 'ignore'])
      .default('accept')
      .describe("what a cookie without is worth, such as one that an agent's desktop writes by itself"),
  })
  .superRefine(oneKeySource)
  .describe('of the stickiness cookie');

const affinity = z.strictObject({
  cookie: token('a cookie name')
    .default('gcbSessionServer')
    .describe('the stickiness cookie; its companion has this name and `Instance`'),
  attributes: attributes.prefault({}),
  signature: signature.prefault({}),
  reconnectGrace: duration(0, HOUR)
    .prefault('15s')
    .describe('how long a bound node may be away before its sessions count as lost'),
  directory: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('sessions and user tokens remembered with their node, in each worker'),
  lookup: z
    .strictObject({
      origin: origin.default('http://127.0.0.1:8700').describe('sent as Origin; the nodes must allow it'),
      timeout: duration(10, MINUTE).prefault('1s').describe('of one look-up'),
      hitTtl: duration(0, DAY).prefault('10m').describe('how long an owner that was found is remembered'),
      missTtl: duration(0, HOUR).prefault('2s').describe('how long it is remembered that there is none'),
      perSecond: z
        .int()
        .min(1)
        .max(100_000)
        .default(100)
        .describe('look-ups started in one second, in each worker; what is over is balanced'),
    })
    .prefault({})
    .describe('asking the nodes whose session it is'),
});

const DEFAULT_FAST_INTERVAL = 500;
const health = z
  .strictObject({
    path: path('/health').prefault('/health').describe("below the node's base"),
    interval: duration(50, HOUR).prefault('2s').describe('between two polls of a node'),
    fastInterval: duration(20, HOUR)
      .optional()
      .describe('while a node is in transition, or all are down; by default at most `health.interval`')
      .meta({ preset: formatDuration(DEFAULT_FAST_INTERVAL) }),
    timeout: duration(20, MINUTE).prefault('1s').describe('of one poll, from connecting to the last byte'),
    rise: z.int().min(1).max(100).default(2).describe('successes in a row that admit a node; one while all are down'),
    fall: z.int().min(1).max(100).default(3).describe('failures in a row that eject it'),
    slowStart: duration(0, HOUR)
      .prefault('10s')
      .describe('until a node that has come up gets its whole share; `0ms`: at once'),
    outliers: z
      .strictObject({
        errors: z
          .int()
          .min(0)
          .max(1000)
          .default(5)
          .describe('failures in a row, on all workers, after which it gets nothing new; 0: never'),
        ejection: duration(100, HOUR)
          .prefault('10s')
          .describe('for how long the first time; the n-th time in a row n times as long, up to ten times'),
        hung: duration(0, MINUTE)
          .prefault('1500ms')
          .describe('how long it may owe answers and give none before it has to answer a look-up too; `0ms`: for ever'),
      })
      .prefault({})
      .describe('what traffic shows of a node whose health path is well'),
  })
  .superRefine(fastIntervalWithinInterval)
  .transform(({ fastInterval, ...rest }) => ({
    ...rest,
    fastInterval: fastInterval ?? Math.min(DEFAULT_FAST_INTERVAL, rest.interval),
  }));

const DEFAULT_TARGET = 8 * KIB;
const limits = z
  .strictObject({
    head: size(KIB, MIB)
      .prefault('16KiB')
      .describe(
        "request line and header lines; the same for a node's answer, and for all its interim answers together",
      ),
    headers: z.int().min(8).max(10_000).default(100).describe("header lines, of a request and of a node's answer"),
    target: size(64, MIB)
      .optional()
      .describe('the request target; by default at most `limits.head`')
      .meta({ preset: formatSize(DEFAULT_TARGET) }),
    body: size(0, 1024 * GIB)
      .prefault('1GiB')
      .describe('of one request'),
    connections: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe("clients' connections that all workers together keep open; more are reset"),
    perAddress: z
      .strictObject({
        connections: z
          .int()
          .min(0)
          .max(10_000_000)
          .default(0)
          .describe('open at once, over all workers; 0: any number'),
        requestsPerSecond: z.int().min(0).max(1_000_000).default(0).describe('over all workers; 0: any number'),
        burst: z.int().min(1).max(1_000_000).default(100).describe('requests that may come at once after a quiet time'),
      })
      .prefault({})
      .describe('of one client: an IPv4 address, or an IPv6 network of 64 bits'),
    handshakes: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1000)
      .describe('TLS handshakes in progress in each worker; more connections are reset'),
    streams: z.int().min(1).max(10_000).default(100).describe('requests at once on one connection of HTTP/2'),
  })
  .superRefine(targetWithinHead)
  .transform(({ target, ...rest }) => ({ ...rest, target: target ?? Math.min(DEFAULT_TARGET, rest.head) }));

const timeouts = z.strictObject({
  handshake: duration(50, HOUR)
    .prefault('10s')
    .describe('from a connection to its PROXY header, and then to the end of its TLS handshake'),
  head: duration(50, HOUR).prefault('10s').describe("from the first byte of a request's head to its last"),
  idle: duration(50, DAY).prefault('75s').describe("a client's connection between two requests"),
  body: duration(50, HOUR).prefault('60s').describe('between two pieces of a request body'),
  connect: duration(20, MINUTE).prefault('2s').describe('to open a connection to a node, its TLS handshake included'),
  answer: duration(50, DAY)
    .prefault('5m')
    .describe('from the end of a request to the head of its answer: longer than any long poll'),
  stall: duration(50, DAY)
    .prefault('10m')
    .describe('between two pieces of an answer, and for a client that does not read it'),
  tunnel: duration(50, 7 * DAY)
    .prefault('2h')
    .describe('a tunnel without a byte either way'),
  nodeIdle: duration(50, DAY)
    .prefault('30s')
    .describe("an unused connection to a node; shorter than the nodes' own idle timeout"),
  retire: duration(0, 7 * DAY)
    .prefault('2h')
    .describe('how long workers that a reload replaced may go on with the tunnels they have'),
  shutdownDelay: duration(0, HOUR)
    .prefault('0ms')
    .describe('after SIGTERM: how long connections are accepted still, while `/ready` says 503'),
  shutdown: duration(0, DAY).prefault('30s').describe('from then to the end, whatever is still in flight'),
});

export const proxySchema = z
  .strictObject({
    listeners: z.array(listener).min(1).max(64).prefault([{}]).describe('Where clients come in.'),
    admin: admin.prefault({}).describe('Metrics, status, dashboard and orders: for operators only.'),
    stateFile: fileName
      .default('')
      .describe('where drains and maintenance are remembered over a restart; `""`: nowhere'),
    workers: z
      .union([z.literal('auto'), z.int().min(1).max(256)])
      .default('auto')
      .describe('processes that carry traffic; `auto`: one for each core'),
    base: path('/cobrowse').prefault('/cobrowse').describe('where clients find the web application; `/` for the root'),
    affinity: affinity.prefault({}).describe('Which node a request belongs to.'),
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
      ])
      .describe('Which requests are which class, first match first; what no route matches is `any`.'),
    health: health.prefault({}).describe('Polls of the nodes, and what else shows that one is not well.'),
    balance: z
      .enum(['least-sessions', 'least-requests', 'random-two', 'round-robin'])
      .default('least-sessions')
      .describe(
        'which node takes what nothing binds; `random-two` draws from all nodes, the others compare 16 of more than that',
      ),
    allDown: z
      .enum(['fail', 'try-anyway'])
      .default('fail')
      .describe('when no node answers its polls: refuse, or send requests there all the same'),
    retries: z
      .strictObject({
        budget: z.int().min(0).max(100).default(20).describe('requests sent again for each 100 that came'),
        burst: z.int().min(0).max(100_000).default(1000).describe('how many each worker may save up'),
      })
      .prefault({})
      .describe('Of requests that may safely be sent again.'),
    queue: z
      .strictObject({
        length: z.int().min(0).max(100_000).default(256).describe('for each node and worker'),
        timeout: duration(10, HOUR).prefault('5s').describe('then they are refused'),
      })
      .prefault({})
      .describe('Requests that wait for a connection of a node that has `maxConnections`.'),
    drain: z
      .strictObject({
        closePerSecond: z
          .int()
          .min(1)
          .max(100_000)
          .default(50)
          .describe(
            'tunnels closed in one second, by all workers, when a node goes to maintenance or its drain is over time',
          ),
      })
      .prefault({})
      .describe('Leaving a node.'),
    nodes: nodesSchema.default([]).describe('The nodes that are always there.'),
    discovery: discovery.prefault({}).describe('Nodes beside `nodes`, from elsewhere, as they come and go.'),
    nodeTls: nodeTls.optional().describe('TLS to all nodes with an https url.'),
    forwarding: z
      .strictObject({
        trustedProxies: z
          .array(network)
          .max(256)
          .default([])
          .describe(
            "addresses and networks whose `X-Forwarded-*`, `Forwarded` and `Via` are kept and appended to; anybody else's are replaced",
          ),
        requestIdHeader: token('a header name')
          .refine((name) => !RESERVED_HEADERS.test(name), 'expected a header without a meaning of its own')
          .default('X-Request-Id')
          .describe('taken from a trusted proxy or made, and passed on'),
        via: token('a pseudonym such as cobrowse-proxy')
          .default('cobrowse-proxy')
          .describe("the proxy's name in `Via`"),
      })
      .prefault({})
      .describe('What nodes are told of clients, and whom the proxy believes about them.'),
    limits: limits.prefault({}).describe('What one request, one client and all clients may take.'),
    timeouts: timeouts.prefault({}).describe('How long anything may take.'),
    log: z
      .strictObject({
        level: z
          .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
          .default('info')
          .describe("the program's log, on standard error"),
        access: z.boolean().default(true).describe('one line for each request, on standard output'),
      })
      .prefault({})
      .describe('Logging.'),
    tracing: z
      .strictObject({
        endpoint: otlpEndpoint
          .default('')
          .describe('where spans are sent to, by OTLP over HTTP; `""`: nowhere, and `traceparent` passes as it is')
          .meta({ preset: '' }),
        ratio: z
          .number()
          .min(0)
          .max(1)
          .default(0.01)
          .describe('share of the traces beginning here that is recorded; of others, whoever began them has decided'),
        perSecond: z
          .int()
          .min(1)
          .max(100_000)
          .default(100)
          .describe('requests recorded by each worker in one second, whoever wants them recorded'),
        serviceName: matching('1 to 128 printable characters', /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/)
          .default('cobrowse-proxy')
          .describe('`service.name` of the spans'),
      })
      .prefault({})
      .describe('OpenTelemetry: spans of requests and of what nodes made of them.'),
  })
  .superRefine(addressesOfTheirOwn, { when: comparable('listeners', 'admin') })
  .superRefine(proxyProtocolBySomebody, { when: comparable('listeners', 'forwarding') })
  .superRefine(nodesSomewhere, { when: comparable('nodes', 'discovery') })
  .superRefine(tlsWithoutHttpsNode, { when: comparable('nodes', 'nodeTls', 'discovery') });

export type ProxyConfig = DeepReadonly<z.output<typeof proxySchema>>;
export type NodeConfig = ProxyConfig['nodes'][number];
export type NodeTlsConfig = NonNullable<ProxyConfig['nodeTls']>;
export type RouteConfig = ProxyConfig['routes'][number];
export type PathRuleConfig = ProxyConfig['listeners'][number]['deny'][number];
export type TracingConfig = ProxyConfig['tracing'];
export type BalancePolicy = ProxyConfig['balance'];
