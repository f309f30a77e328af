/** Where a request goes and why, as data: the log, the metrics and the traffic side all read the same thing. */
import type { RequestClass } from '../../config/request-classes.ts';
import type { NodeSnapshot } from '../pool/view.ts';

/** What decided, in order of precedence. */
export const DECIDED_BY = ['server-url', 'session', 'user', 'cookie', 'balance'] as const;
export type DecidedBy = (typeof DECIDED_BY)[number];

/**
 * - `bound`: goes to the node that it is bound to.
 * - `free`: nothing binds it.
 * - `unreachable`: its node is down, within the reconnect grace.
 * - `lost`: its node is down for longer, or came back as another instance.
 * - `unknown`: names a node that is not configured.
 */
export const VERDICTS = ['bound', 'free', 'unreachable', 'lost', 'unknown'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The part of a request that routing reads. */
export interface RoutingRequest {
  readonly method: string;
  /** Origin-form: path and query. */
  readonly target: string;
  /** Host header or authority of an absolute-form target, lower case; '' when there is none. */
  readonly authority: string;
  /** The Cookie header's value; several are joined with `; `; '' when there is none. */
  readonly cookie: string;
}

interface Reason {
  readonly class: RequestClass;
  readonly by: DecidedBy;
  readonly verdict: Verdict;
  /** Two sources named different nodes; the order of precedence decided. */
  readonly conflict: boolean;
  /** Of the session that the cookie stands for, as its companion says; '' for none. Nobody vouches for it. */
  readonly reference: string;
}

export interface Forward extends Reason {
  readonly action: 'forward';
  readonly node: NodeSnapshot;
  /** Only this node will do: no other may be tried in its place. */
  readonly strict: boolean;
  /** Nobody knows the owner: a 404 means "not mine", so ask the next node (stop by user token). */
  readonly askNextOn404: boolean;
  /** Session id or user token in the path, '' when the class has none. */
  readonly token: string;
  /** Path below the web application's base, with the query: sent as `node.base + rest`; see `targetFor`. */
  readonly rest: string;
  /** False for a target outside the base, which is sent as it came. */
  readonly underBase: boolean;
}

export interface Refuse extends Reason {
  readonly action: 'refuse';
  readonly code: 'no_node_available' | 'node_unreachable' | 'session_lost';
  /** The node that it is bound to, if any. */
  readonly node: NodeSnapshot | undefined;
}

/** The owner of this session is not known here: ask the nodes, then `Router.decideOwned`. */
export interface LookUp {
  readonly action: 'look-up';
  readonly class: RequestClass;
  readonly token: string;
}

/** Answered by the proxy itself: 200 when a node can take new sessions, else 503. */
export interface AnswerHealth {
  readonly action: 'health';
  readonly class: 'health';
  readonly healthy: boolean;
}

/** The listener that it came to does not serve it, or its path can be read in several ways: see `PathRules`. */
export interface Deny {
  readonly action: 'deny';
  readonly class: 'any';
  readonly code: 'bad_target' | 'not_exposed';
}

export type Decision = Forward | Refuse | Deny | LookUp | AnswerHealth;

/** The origin-form target to send to a node for this decision. */
export function targetFor(decision: Forward, node: NodeSnapshot): string {
  if (!decision.underBase) return decision.rest;
  // Asking the joined string for its first character would have it copied here, and again with the head.
  const { rest } = decision;
  const first = node.base === '' ? rest : node.base;
  return first.charCodeAt(0) === 0x2f ? node.base + rest : `/${node.base}${rest}`;
}
