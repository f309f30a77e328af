/**
 * Options of the proxy that are each right and cannot hold together. Every check sits at the smallest part of the
 * schema that holds what it compares, so that a mistake elsewhere does not hide it.
 */
import type { z } from 'zod';
import { bindsCollide } from './addresses.ts';
import { formatDuration, formatSize } from './values.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Node {
  readonly name: string;
  readonly url: { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number };
  readonly tls?: unknown;
  readonly serverUrl?: { readonly authority: string; readonly prefix: string } | undefined;
}

type AdminTokens = Record<'token' | 'tokenFile' | 'readToken' | 'readTokenFile', string>;

interface Route {
  readonly method?: string | undefined;
  readonly path: string;
}

type Context<T> = z.core.$RefinementCtx<T>;

/** For a refinement of a whole object: run it as soon as these keys are valid, whatever the others are. */
export function comparable(...keys: readonly string[]): (payload: z.core.ParsePayload) => boolean {
  return ({ issues }) =>
    issues.every((issue) => {
      const [key] = issue.path ?? [];
      return key === undefined ? issue.code === 'unrecognized_keys' : !keys.includes(String(key));
    });
}

/** Two listeners on one address: the second could only fail at start. */
export function addressesOfTheirOwn(
  { listeners, admin }: { readonly listeners: readonly Address[]; readonly admin: Address },
  ctx: Context<{ readonly listeners: Address[]; readonly admin: Address }>,
): void {
  const refuse = (path: (string | number)[], what: string, index: number, { host, port }: Address): void => {
    const message = `expected ${what} of its own (listeners[${index}] has ${host}:${port})`;
    ctx.addIssue({ code: 'custom', path: [...path, 'port'], message });
  };
  listeners.forEach(({ host, port }, index) => {
    const first = listeners.findIndex((it) => port !== 0 && it.port === port && bindsCollide(it.host, host));
    const other = listeners[first];
    if (other !== undefined && first < index) refuse(['listeners', index], 'an address', first, other);
  });
  // Firewalls go by port, so that not even on another address the admin listener has one of traffic's.
  const shared = listeners.findIndex(({ port }) => port !== 0 && port === admin.port);
  const listener = listeners[shared];
  if (listener !== undefined) refuse(['admin'], 'a port', shared, listener);
}

/** Names are what the cookie says, and one process under two names would be polled and counted twice. */
export function nodesOfTheirOwn(nodes: readonly Node[], ctx: Context<Node[]>): void {
  for (const { field, index, first } of repeatedNodes(nodes)) {
    const message = `expected a ${field} of its own (nodes[${first}] has the same)`;
    ctx.addIssue({ code: 'custom', path: [index, field], message });
  }
}

export interface RepeatedNode {
  readonly field: 'name' | 'url' | 'serverUrl';
  readonly index: number;
  /** Of the node that has the same. */
  readonly first: number;
}

export function repeatedNodes(nodes: readonly Node[]): readonly RepeatedNode[] {
  const keys = {
    name: (node: Node) => node.name,
    url: ({ url }: Node) => `${url.host} ${url.port}`,
    serverUrl: ({ serverUrl }: Node) => serverUrl && `${serverUrl.authority} ${serverUrl.prefix}`,
  };
  const repeated: RepeatedNode[] = [];
  for (const field of ['name', 'url', 'serverUrl'] as const) {
    refuseRepeats(nodes, keys[field], (index, first) => repeated.push({ field, index, first }));
  }
  return repeated;
}

interface Sources {
  readonly dns: readonly { readonly scheme: 'http' | 'https' }[];
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

interface NodeSources {
  readonly nodes: readonly unknown[];
  readonly discovery: Sources;
}

/** A proxy that can never have a node is a mistake. */
export function nodesSomewhere({ nodes, discovery }: NodeSources, ctx: Context<NodeSources>): void {
  const { dns, files, directories } = discovery;
  if (nodes.length + dns.length + files.length + directories.length > 0) return;
  ctx.addIssue({
    code: 'custom',
    path: ['nodes'],
    message: 'expected at least one node, or discovery to say where to find them',
  });
}

/** Which of the two holds would be a guess. */
export function oneSourceOfTokens(tokens: AdminTokens, ctx: Context<AdminTokens>): void {
  for (const [option, file] of [
    ['token', 'tokenFile'],
    ['readToken', 'readTokenFile'],
  ] as const) {
    if (tokens[option] === '' || tokens[file] === '') continue;
    ctx.addIssue({ code: 'custom', path: [file], message: `expected no file beside admin.${option}` });
  }
}

interface KeySources {
  readonly keys: readonly string[];
  readonly keyFile: string;
  readonly unsigned: 'accept' | 'ignore';
}

/** Which of two keys signs would be a guess; and without any, nobody's cookie would count. */
export function oneKeySource({ keys, keyFile, unsigned }: KeySources, ctx: Context<KeySources>): void {
  if (keys.length > 0 && keyFile !== '') {
    ctx.addIssue({ code: 'custom', path: ['keyFile'], message: 'expected no file beside keys' });
  }
  if (keys.length === 0 && keyFile === '' && unsigned === 'ignore') {
    ctx.addIssue({ code: 'custom', path: ['unsigned'], message: 'expected accept, as there is no key' });
  }
}

interface CookieAttributes {
  readonly secure: boolean;
  readonly sameSite?: 'None' | 'Lax' | 'Strict' | undefined;
  readonly partitioned: boolean;
}

/** Browsers refuse such a cookie (RFC 6265bis §5.7, CHIPS). */
export function crossSiteIsSecure(
  { secure, sameSite, partitioned }: CookieAttributes,
  ctx: Context<CookieAttributes>,
): void {
  if (secure || (sameSite !== 'None' && !partitioned)) return;
  const why = sameSite === 'None' ? 'sameSite: None' : 'partitioned';
  ctx.addIssue({ code: 'custom', path: ['secure'], message: `expected true beside ${why}` });
}

/** It would send clients round in a circle. */
export function redirectWithoutTls(
  { tls, redirectToHttps }: { readonly tls?: unknown; readonly redirectToHttps?: number | undefined },
  ctx: Context<{ readonly tls?: unknown; readonly redirectToHttps?: number | undefined }>,
): void {
  if (tls === undefined || redirectToHttps === undefined) return;
  ctx.addIssue({ code: 'custom', path: ['redirectToHttps'], message: 'expected a listener without tls' });
}

interface Listening {
  readonly listeners: readonly { readonly proxyProtocol: boolean }[];
  readonly forwarding: { readonly trustedProxies: readonly string[] };
}

/** Every connection would be reset. */
export function proxyProtocolBySomebody({ listeners, forwarding }: Listening, ctx: Context<Listening>): void {
  if (forwarding.trustedProxies.length > 0) return;
  const index = listeners.findIndex(({ proxyProtocol }) => proxyProtocol);
  if (index === -1) return;
  const message = 'expected forwarding.trustedProxies to say who sends it';
  ctx.addIssue({ code: 'custom', path: ['listeners', index, 'proxyProtocol'], message });
}

/** One is of no use without the other. */
export function certWithKey(
  { cert, key }: { readonly cert?: string | undefined; readonly key?: string | undefined },
  ctx: Context<{ readonly cert?: string | undefined; readonly key?: string | undefined }>,
): void {
  if ((cert === undefined) === (key === undefined)) return;
  const [missing, there] = cert === undefined ? ['cert', 'key'] : ['key', 'cert'];
  ctx.addIssue({ code: 'custom', path: [missing], message: `expected a PEM file, as there is a ${there}` });
}

/** Whoever says how to verify a node means it to be verified. */
export function tlsWithoutHttps(
  { url, tls }: Pick<Node, 'url' | 'tls'>,
  ctx: Context<Pick<Node, 'url' | 'tls'>>,
): void {
  if (tls === undefined || url.scheme === 'https') return;
  ctx.addIssue({ code: 'custom', path: ['tls'], message: 'expected an https url beside tls' });
}

interface NodesOverTls {
  readonly nodes: readonly Pick<Node, 'url'>[];
  readonly nodeTls?: unknown;
  readonly discovery: Sources;
}

/** The same of all nodes. What is in files is not known here. */
export function tlsWithoutHttpsNode({ nodes, nodeTls, discovery }: NodesOverTls, ctx: Context<NodesOverTls>): void {
  if (nodeTls === undefined || nodes.some(({ url }) => url.scheme === 'https')) return;
  if (discovery.files.length > 0 || discovery.directories.length > 0) return;
  if (discovery.dns.some(({ scheme }) => scheme === 'https')) return;
  ctx.addIssue({ code: 'custom', path: ['nodeTls'], message: 'expected a node with an https url' });
}

/** The second of two routes for the same requests would never be read. */
export function routesOfTheirOwn(routes: readonly Route[], ctx: Context<Route[]>): void {
  const keyOf = ({ method, path }: Route) => `${method ?? '*'} ${path}`;
  refuseRepeats(routes, keyOf, (index, first) => {
    const message = `expected requests of its own (routes[${first}] matches them first)`;
    ctx.addIssue({ code: 'custom', path: [index, 'path'], message });
  });
}

/** "Fast" slower than normal. */
export function fastIntervalWithinInterval(
  { interval, fastInterval }: { readonly interval: number; readonly fastInterval?: number | undefined },
  ctx: Context<{ readonly interval: number; readonly fastInterval?: number | undefined }>,
): void {
  if (fastInterval === undefined || fastInterval <= interval) return;
  const message = `expected at most health.interval (${formatDuration(interval)})`;
  ctx.addIssue({ code: 'custom', path: ['fastInterval'], message });
}

/** A target is part of its head. */
export function targetWithinHead(
  { head, target }: { readonly head: number; readonly target?: number | undefined },
  ctx: Context<{ readonly head: number; readonly target?: number | undefined }>,
): void {
  if (target === undefined || target <= head) return;
  ctx.addIssue({ code: 'custom', path: ['target'], message: `expected at most limits.head (${formatSize(head)})` });
}

function refuseRepeats<T>(
  entries: readonly T[],
  keyOf: (entry: T) => string | undefined,
  refuse: (index: number, first: number) => void,
): void {
  const seen = new Map<string, number>();
  entries.forEach((entry, index) => {
    const key = keyOf(entry);
    if (key === undefined) return;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else refuse(index, first);
  });
}
