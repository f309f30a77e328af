/**
 * The closed sets of values that metric labels take, and counters keyed by them. Nothing that a client sends becomes
 * a label, so no client can make the metrics grow.
 */
import { REQUEST_CLASSES, type RequestClass } from '../../config/request-classes.ts';
import type { LookUpResult } from '../affinity/lookup.ts';
import { REFUSALS, type RefusalCode } from '../http/refusals.ts';
import type { NodeState } from '../pool/view.ts';

/** Of the label `node`, in words. */
export const NODE = 'its name';
export const NODE_OR_NONE = 'its name, or empty: none';

/**
 * - `connect`: the node could not be reached, another was tried.
 * - `tls`: the connection to the node could not be made safe, another was tried.
 * - `stale`: the node closed a reused connection before it answered; tried again on a fresh one.
 * - `closed`: the node broke the connection before it answered; another was tried.
 * - `ejected`: the node was found dead while it owed the answer.
 * - `stalled`: the node had stopped answering.
 * - `not-owner`: the node answered that the session is not its own; the next was asked.
 */
export const RETRY_REASONS = ['connect', 'tls', 'stale', 'closed', 'ejected', 'stalled', 'not-owner'] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

export const LOOK_UP_OUTCOMES = ['found', 'unknown', 'limited', 'failed'] as const satisfies readonly LookUpOutcome[];
export type LookUpOutcome = LookUpResult['outcome'];

export const NODE_STATES = ['unknown', 'up', 'draining', 'down'] as const satisfies readonly NodeState[];

export const REFUSAL_CODES = Object.keys(REFUSALS) as RefusalCode[];

export function isRefusalCode(code: string): code is RefusalCode {
  return code !== '' && Object.hasOwn(REFUSALS, code);
}

/**
 * - `applied`: something changed.
 * - `unchanged`: nothing did.
 * - `invalid`: the configuration has mistakes.
 * - `failed`: it cannot be applied, as when a port is taken.
 */
export const RELOAD_RESULTS = ['applied', 'unchanged', 'invalid', 'failed'] as const;
export type ReloadResult = (typeof RELOAD_RESULTS)[number];

/**
 * What the admin listener says no for.
 * - `unauthorized`: no token was sent, `invalid_token`: one that is none, `insufficient_scope`: one that may only look;
 *   `too_many_attempts`: one of an address that has sent many that are none.
 * - `token_required`: none is configured, and the address is no loopback; `token_unreadable`: its file is not as it
 *   was.
 * - `cross_site`, `wrong_host`: a browser asks for a page of another site, or by a name that may be another site's.
 */
export const ADMIN_REFUSALS = [
  'unauthorized',
  'invalid_token',
  'insufficient_scope',
  'too_many_attempts',
  'token_required',
  'token_unreadable',
  'cross_site',
  'wrong_host',
] as const;
export type AdminRefusal = (typeof ADMIN_REFUSALS)[number];

/**
 * Connections that are reset before anything is read from their client:
 * - `limit`: over `limits.connections`.
 * - `listener-limit`: over its listener's `maxConnections`.
 * - `address-limit`: over `limits.perAddress.connections`.
 * - `proxy-untrusted`: a stranger's, on a listener with `proxyProtocol`.
 * - `proxy-malformed`, `proxy-timeout`: the PROXY header is not valid, or did not come in time.
 */
export const CONNECTION_REFUSALS = [
  'limit',
  'listener-limit',
  'address-limit',
  'proxy-untrusted',
  'proxy-malformed',
  'proxy-timeout',
] as const;
export type ConnectionRefusal = (typeof CONNECTION_REFUSALS)[number];

/** Of TLS: with a whole handshake, or resumed from a ticket. */
export const SESSION_KINDS = ['new', 'resumed'] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

export type Counts<Label extends string> = Record<Label, number>;

export function tabulate<Label extends string, Value>(
  labels: readonly Label[],
  valueFor: (label: Label, index: number) => Value,
): Record<Label, Value> {
  return Object.fromEntries(labels.map((label, index) => [label, valueFor(label, index)])) as Record<Label, Value>;
}

export function zeroes<Label extends string>(labels: readonly Label[]): Counts<Label> {
  return tabulate(labels, () => 0);
}

const STATUS_SPAN = 1000;
const CLASS_KEYS = tabulate(REQUEST_CLASSES, (_, index) => index * STATUS_SPAN);

/** Class and status in one number; a status outside 100–599 (none was sent, or a strange one) counts as 0. */
export function requestKey(requestClass: RequestClass, status: number): number {
  return CLASS_KEYS[requestClass] + (status >= 100 && status <= 599 ? status : 0);
}

/** The labels that a key stands for. */
export function requestLabels(key: number): { readonly class: string; readonly status: string } {
  const status = key % STATUS_SPAN;
  return {
    class: REQUEST_CLASSES[Math.floor(key / STATUS_SPAN)] ?? 'any',
    status: status === 0 ? 'other' : String(status),
  };
}
