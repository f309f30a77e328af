/** What a name stands for: the endpoints that its SRV, A or AAAA records lead to, and for how long that holds. */
import { isHost } from '../../config/addresses.ts';
import type { DnsSourceConfig } from '../../config/discovery-schema.ts';
import { printable, shorten } from '../../config/show.ts';
import type { DnsRecord } from './dns-message.ts';
import { candidatesFor, type ResolvConf } from './resolv-conf.ts';
import { type ResolveFailure, type ResolverOptions, resolveRecords } from './resolver.ts';

/** An alias of an alias of … is no longer followed. */
const MOST_ALIASES = 8;
/** Targets whose addresses are asked for at the same time. */
const ASKED_AT_ONCE = 16;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** Of its SRV record; '' for A and AAAA. */
  readonly target: string;
}

export type Found =
  /**
   * In an order that is the same whatever order the servers give. `ttl`: the shortest, s. `passed`: what was of no use.
   */
  | {
      readonly ok: true;
      readonly endpoints: readonly Endpoint[];
      readonly ttl: number;
      readonly passed: readonly string[];
    }
  | { readonly ok: false; readonly failure: LookUpFailure; readonly why: string };

/** `empty`: there is no such name, or no node at it. `too-many`: more nodes than there may be. */
export type LookUpFailure = ResolveFailure | 'empty' | 'too-many';

export type Question = Pick<DnsSourceConfig, 'name' | 'type' | 'port'>;

/**
 * Tries what the name may stand for. A server that fails ends it: the next candidate might be somebody else's. Never
 * rejects.
 */
export async function findEndpoints(
  { name, type, port = 0 }: Question,
  system: Pick<ResolvConf, 'search' | 'ndots'>,
  most: number,
  options: ResolverOptions,
): Promise<Found> {
  const candidates = candidatesFor(name, system).filter((candidate) => isHost(candidate));
  for (const candidate of candidates) {
    const found = await (type === 'SRV'
      ? findServices(candidate, most, options)
      : findHosts(candidate, type, port, options));
    if (!found.ok && found.failure === 'empty') continue;
    return found.ok && found.endpoints.length > most ? tooMany(found.endpoints.length, most) : found;
  }
  return { ok: false, failure: 'empty', why: `${type} ${name}: no node, as ${candidates.join(', ')}` };
}

async function findHosts(name: string, type: 'A' | 'AAAA', port: number, options: ResolverOptions): Promise<Found> {
  const resolved = await resolveRecords({ name, type }, options);
  if (!resolved.ok) return resolved;
  const { addresses, ttl } = addressesOf(name, type, resolved.records);
  if (addresses.length === 0) return empty(type, name);
  return { ok: true, endpoints: addresses.map((address) => ({ address, port, target: '' })), ttl, passed: [] };
}

/** Priorities and weights say nothing here: sessions are bound to nodes, and policies know how much these carry. */
async function findServices(name: string, most: number, options: ResolverOptions): Promise<Found> {
  const resolved = await resolveRecords({ name, type: 'SRV' }, options);
  if (!resolved.ok) return resolved;
  const { owner, ttl: aliasTtl } = ownerOf(name.toLowerCase(), resolved.records);
  const services = resolved.records.flatMap((record) =>
    record.type === 'SRV' && record.name === owner ? [record] : [],
  );
  if (services.length > most) return tooMany(services.length, most);
  const passed: string[] = [];
  const usable = services.filter(({ target, port }) => {
    // A target of `.` says that there is no such service (RFC 2782).
    if (target === '.') return false;
    if (isHost(target) && port !== 0) return true;
    passed.push(`${printable(shorten(target))}:${port}, the target of an SRV record, is no host with a port`);
    return false;
  });
  const targets = [...new Set(usable.map(({ target }) => target))].sort();
  const located = await locate(targets, resolved.additional, options);
  if (!located.ok) return located;
  let ttl = Math.min(aliasTtl, ...services.map((service) => service.ttl));
  const endpoints = new Map<string, Endpoint>();
  for (const { target, port } of usable) {
    const host = located.hosts.get(target);
    if (host === undefined) {
      passed.push(`${target}, the target of an SRV record, has no address`);
      continue;
    }
    ttl = Math.min(ttl, host.ttl);
    endpoints.set(`${target} ${port}`, { address: host.address, port, target });
  }
  if (endpoints.size === 0) return empty('SRV', name);
  return { ok: true, endpoints: [...endpoints.values()].sort(byTarget), ttl, passed: [...new Set(passed)].sort() };
}

interface Host {
  readonly address: string;
  /** s */
  readonly ttl: number;
}

type Located =
  | { readonly ok: true; readonly hosts: ReadonlyMap<string, Host> }
  | Extract<Found, { readonly ok: false }>;

/**
 * What the server told with the SRV records is not asked for again. A target is one process: of many addresses it has
 * one.
 */
async function locate(
  targets: readonly string[],
  told: readonly DnsRecord[],
  options: ResolverOptions,
): Promise<Located> {
  const hosts = new Map<string, Host>();
  const toBeAsked: string[] = [];
  for (const target of targets) {
    const host = firstHost(target, 'A', told) ?? firstHost(target, 'AAAA', told);
    if (host === undefined) toBeAsked.push(target);
    else hosts.set(target, host);
  }
  for (let at = 0; at < toBeAsked.length; at += ASKED_AT_ONCE) {
    const batch = toBeAsked.slice(at, at + ASKED_AT_ONCE);
    const answers = await Promise.all(batch.map((target) => addressOf(target, options)));
    for (const [index, target] of batch.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      if ('failure' in answer) return answer;
      hosts.set(target, answer);
    }
  }
  return { ok: true, hosts };
}

/** IPv4 where there is any, else IPv6; undefined for neither. */
async function addressOf(
  name: string,
  options: ResolverOptions,
): Promise<Host | Extract<Found, { readonly ok: false }> | undefined> {
  for (const type of ['A', 'AAAA'] as const) {
    const resolved = await resolveRecords({ name, type }, options);
    if (!resolved.ok) return resolved;
    const host = firstHost(name, type, resolved.records);
    if (host !== undefined) return host;
  }
  return undefined;
}

function firstHost(name: string, type: 'A' | 'AAAA', records: readonly DnsRecord[]): Host | undefined {
  const { addresses, ttl } = addressesOf(name, type, records);
  const [address] = addresses;
  return address === undefined ? undefined : { address, ttl };
}

function addressesOf(
  name: string,
  type: 'A' | 'AAAA',
  records: readonly DnsRecord[],
): { readonly addresses: readonly string[]; readonly ttl: number } {
  const { owner, ttl: aliasTtl } = ownerOf(name.toLowerCase(), records);
  const found = records.flatMap((record) => (record.type === type && record.name === owner ? [record] : []));
  const addresses = [...new Set(found.map(({ address }) => address))].sort();
  return { addresses, ttl: Math.min(aliasTtl, ...found.map((record) => record.ttl)) };
}

/** The name that the records are of, when the name that was asked for is an alias. */
function ownerOf(name: string, records: readonly DnsRecord[]): { readonly owner: string; readonly ttl: number } {
  let owner = name;
  let ttl = Number.POSITIVE_INFINITY;
  for (let followed = 0; followed < MOST_ALIASES; followed++) {
    const alias = records.find((record) => record.type === 'CNAME' && record.name === owner);
    if (alias?.type !== 'CNAME') break;
    owner = alias.target;
    ttl = Math.min(ttl, alias.ttl);
  }
  return { owner, ttl };
}

function byTarget(a: Endpoint, b: Endpoint): number {
  if (a.target !== b.target) return a.target < b.target ? -1 : 1;
  return a.port - b.port;
}

function empty(type: string, name: string): Extract<Found, { readonly ok: false }> {
  return { ok: false, failure: 'empty', why: `${type} ${name}: no node` };
}

function tooMany(count: number, most: number): Extract<Found, { readonly ok: false }> {
  return { ok: false, failure: 'too-many', why: `expected at most discovery.maxNodes (${most}) nodes, got ${count}` };
}
