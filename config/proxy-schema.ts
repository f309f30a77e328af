/**
 * Every option of the proxy: its shape, unit, default and bounds, in one place. The loader validates against it, the
 * reference in the README names the same keys, and `ProxyConfig` is what the program reads: durations in
 * milliseconds, sizes in bytes, paths without a trailing slash (`''` is the root, so `base + '/x'` always works).
 */
import { z } from 'zod';
import { parseDuration, parseSize } from './values.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const duration = (least: number, most: number) =>
  z.string('expected a duration such as 500ms, 2s, 5m or 1h').transform((text, ctx) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= least && ms <= most) return ms;
    ctx.addIssue({
      code: 'custom',
      message: `expected a duration such as 500ms, 2s, 5m or 1h, from ${least}ms to ${most}ms`,
    });
    return z.NEVER;
  });

const size = (least: number, most: number) =>
  z.string('expected a size such as 512B, 16KiB or 1GiB').transform((text, ctx) => {
    const bytes = parseSize(text);
    if (bytes !== undefined && bytes >= least && bytes <= most) return bytes;
    ctx.addIssue({
      code: 'custom',
      message: `expected a size such as 512B, 16KiB or 1GiB, from ${least}B to ${most}B`,
    });
    return z.NEVER;
  });

const PATH = /^(?:\/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*\/?$/;
const withoutTrailingSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);

const path = z
  .string()
  .regex(/^\//, 'expected a path that begins with /')
  .regex(PATH, 'expected a path such as /cobrowse')
  .transform(withoutTrailingSlash);

const host = z.string().regex(/^[A-Za-z0-9.:_-]+$/, 'expected a host name or an IP address');
const address = (port: number) =>
  z.strictObject({ host: host.default('127.0.0.1'), port: z.int().min(0).max(65_535).default(port) });

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NODE_NAME = /^[A-Za-z0-9._-]{1,128}$/;

/** A node's own public URL, split for matching: `authority` as a Host header says it (lower case, no default port). */
const serverUrl = z.string().transform((text, ctx) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url &&
    /^https?:$/.test(url.protocol) &&
    !url.search &&
    !url.hash &&
    !url.username &&
    !url.password &&
    PATH.test(url.pathname)
  ) {
    return { url: text, authority: url.host, prefix: withoutTrailingSlash(url.pathname) };
  }
  ctx.addIssue({
    code: 'custom',
    message: 'expected a URL such as https://node-1.example.com/cobrowse, without query',
  });
  return z.NEVER;
});

/** Where the proxy reaches a node. Plain HTTP: TLS to nodes is refused rather than silently left out. */
const nodeUrl = z.string().transform((text, ctx) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url &&
    url.protocol === 'http:' &&
    !url.search &&
    !url.hash &&
    !url.username &&
    !url.password &&
    PATH.test(url.pathname)
  ) {
    return {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? 80 : Number(url.port),
      authority: url.host,
      base: withoutTrailingSlash(url.pathname),
    };
  }
  ctx.addIssue({
    code: 'custom',
    message: 'expected an http:// URL such as http://10.0.0.1:8700/cobrowse, without query',
  });
  return z.NEVER;
});

const node = z.strictObject({
  name: z.string().regex(NODE_NAME, 'expected 1 to 128 letters, digits, dots, underscores or dashes'),
  url: nodeUrl,
  serverUrl: serverUrl.optional(),
  weight: z.int().min(1).max(256).default(1),
});

export const REQUEST_CLASSES = ['create', 'session', 'user', 'live', 'health', 'any'] as const;

const route = z.strictObject({
  class: z.enum(['create', 'session', 'user', 'live', 'health']),
  method: z
    .string()
    .regex(/^[A-Z]+$/, 'expected a method such as GET')
    .optional(),
  path: z
    .string()
    .regex(
      /^(?:\/(?:[A-Za-z0-9._~-]+|\{id\}))+(?:\/\*\*)?$/,
      'expected a path below the base such as /rest/live/sessions/{id} or /cometd/**',
    ),
});

export const proxySchema = z
  .strictObject({
    listeners: z
      .array(address(8700))
      .min(1)
      .max(64)
      .default([{ host: '127.0.0.1', port: 8700 }]),
    admin: address(9700).prefault({}),
    workers: z
      .union([z.literal('auto'), z.int().min(1).max(256)], 'expected auto or a number from 1 to 256')
      .default('auto'),
    base: path.prefault('/cobrowse'),
    affinity: z
      .strictObject({
        cookie: z.string().regex(TOKEN, 'expected a cookie name').default('gcbSessionServer'),
        reconnectGrace: duration(0, HOUR).prefault('15s'),
        directory: z.int().min(1).max(10_000_000).default(100_000),
        lookup: z
          .strictObject({
            origin: z
              .string()
              .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+$/, 'expected an origin such as https://agents.example.com')
              .default('http://127.0.0.1:8700'),
            timeout: duration(10, MINUTE).prefault('1s'),
            hitTtl: duration(0, DAY).prefault('10m'),
            missTtl: duration(0, HOUR).prefault('2s'),
            perSecond: z.int().min(1).max(100_000).default(100),
          })
          .prefault({}),
      })
      .prefault({}),
    routes: z
      .array(route)
      .max(64)
      .default([
        { class: 'create', method: 'POST', path: '/rest/live/sessions' },
        { class: 'session', method: 'GET', path: '/rest/live/sessions/{id}' },
        { class: 'user', method: 'GET', path: '/rest/live/users/{id}/session/stop' },
        { class: 'live', path: '/cometd/**' },
        { class: 'health', path: '/health' },
      ]),
    health: z
      .strictObject({
        path: path.prefault('/health'),
        interval: duration(50, HOUR).prefault('2s'),
        fastInterval: duration(20, HOUR).prefault('500ms'),
        timeout: duration(20, MINUTE).prefault('1s'),
        rise: z.int().min(1).max(100).default(2),
        fall: z.int().min(1).max(100).default(3),
      })
      .prefault({}),
    balance: z.enum(['least-sessions', 'least-requests', 'random-two', 'round-robin']).default('least-sessions'),
    nodes: z.array(node).min(1).max(1024),
    forwarding: z
      .strictObject({
        trustedProxies: z.array(z.string()).max(256).default([]),
        requestIdHeader: z.string().regex(TOKEN, 'expected a header name').default('X-Request-Id'),
        via: z.string().regex(TOKEN, 'expected a pseudonym such as cobrowse-proxy').default('cobrowse-proxy'),
      })
      .prefault({}),
    limits: z
      .strictObject({
        head: size(KIB, MIB).prefault('16KiB'),
        headers: z.int().min(8).max(10_000).default(100),
        target: size(64, MIB).prefault('8KiB'),
        body: size(0, 1024 * GIB).prefault('1GiB'),
      })
      .prefault({}),
    timeouts: z
      .strictObject({
        head: duration(50, HOUR).prefault('10s'),
        idle: duration(50, DAY).prefault('75s'),
        body: duration(50, HOUR).prefault('60s'),
        connect: duration(20, MINUTE).prefault('2s'),
        answer: duration(50, DAY).prefault('5m'),
        stall: duration(50, DAY).prefault('10m'),
        tunnel: duration(50, 7 * DAY).prefault('2h'),
        nodeIdle: duration(50, DAY).prefault('30s'),
        shutdown: duration(0, DAY).prefault('30s'),
      })
      .prefault({}),
    log: z
      .strictObject({
        level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
        access: z.boolean().default(true),
      })
      .prefault({}),
  })
  .superRefine(refuseContradictions);

type Draft = {
  readonly listeners: readonly { readonly host: string; readonly port: number }[];
  readonly admin: { readonly host: string; readonly port: number };
  readonly nodes: readonly z.output<typeof node>[];
};

function refuseContradictions(config: Draft, ctx: z.RefinementCtx): void {
  const refuse = (path: (string | number)[], message: string): void => ctx.addIssue({ code: 'custom', path, message });
  const names = new Map<string, number>();
  const urls = new Map<string, number>();
  const serverUrls = new Map<string, number>();
  const once = (seen: Map<string, number>, key: string, index: number, field: string): void => {
    const first = seen.get(key);
    if (first !== undefined)
      refuse(['nodes', index, field], `expected one node for each ${field}: nodes[${first}] has the same`);
    else seen.set(key, index);
  };
  config.nodes.forEach((node, index) => {
    once(names, node.name, index, 'name');
    once(urls, `${node.url.host} ${node.url.port}`, index, 'url');
    if (node.serverUrl) once(serverUrls, `${node.serverUrl.authority} ${node.serverUrl.prefix}`, index, 'serverUrl');
  });
  const addresses = new Map<string, string>();
  const bind = (path: (string | number)[], { host, port }: { host: string; port: number }): void => {
    if (port === 0) return;
    const label = path.join('.');
    const taken = addresses.get(`${host} ${port}`);
    if (taken !== undefined) refuse(path, `expected an address of its own: ${taken} has ${host}:${port} as well`);
    else addresses.set(`${host} ${port}`, label);
  };
  config.listeners.forEach((listener, index) => {
    bind(['listeners', index], listener);
  });
  bind(['admin'], config.admin);
}

export type RequestClass = (typeof REQUEST_CLASSES)[number];
export type ProxyConfig = DeepReadonly<z.output<typeof proxySchema>>;
export type NodeConfig = ProxyConfig['nodes'][number];
export type RouteConfig = ProxyConfig['routes'][number];
export type BalancePolicy = ProxyConfig['balance'];

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
