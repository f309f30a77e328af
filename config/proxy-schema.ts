/**
 * Every option of the proxy: its shape, unit, default, bounds and what it is for, in one place, and the larger sections
 * in files of theirs beside this one. The loader validates against it, `config/REFERENCE.md` is made of it, and
 * `ProxyConfig` is what the program reads: durations in milliseconds, sizes in bytes, paths without a trailing slash
 * (`''` is the root, so `base + '/x'` always works).
 */
import { z } from 'zod';
import { affinity, route } from './affinity-schema.ts';
import { discovery } from './discovery-schema.ts';
import type { DeepReadonly } from './frozen.ts';
import { limits, timeouts } from './limits-schema.ts';
import { admin, listener } from './listener-schema.ts';
import { health, nodesSchema, nodeTls } from './pool-schema.ts';
import {
  addressesOfTheirOwn,
  comparable,
  nodesSomewhere,
  proxyProtocolBySomebody,
  routesOfTheirOwn,
  tlsWithoutHttpsNode,
} from './proxy-contradictions.ts';
import { duration, fileName, matching, network, otlpEndpoint, path, token } from './scalars.ts';
import { HOUR } from './values.ts';

/** Headers that delimit or route a message: none of them may carry the request id. */
const RESERVED_HEADERS =
  /^(?:connection|content-length|cookie|forwarded|host|keep-alive|te|trailer|transfer-encoding|upgrade|via|x-forwarded-.*)$/i;

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
