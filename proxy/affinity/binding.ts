/** What a binding to a node is worth, by the node's state and the class of the request: the table of `router.ts`. */
import type { RequestClass } from '../../config/request-classes.ts';
import { type NodeSnapshot, takesBoundRequests, takesNewSessions } from '../pool/view.ts';
import type { DecidedBy } from './decision.ts';

/**
 * Whether a node still holds what is bound to it.
 *
 * @param grace for how long a node that is down may come back, ms
 * @param now ms since the epoch
 */
export function standingOf(node: NodeSnapshot, grace: number, now: number): 'bound' | 'unreachable' | 'lost' {
  if (takesBoundRequests(node)) return 'bound';
  // A node that was never polled is nobody's loss yet.
  return node.state === 'unknown' || now - node.since < grace ? 'unreachable' : 'lost';
}

/** No other node can answer for the one that is named. */
export function needsItsNode(requestClass: RequestClass): boolean {
  return requestClass === 'user' || requestClass === 'live' || requestClass === 'health';
}

/** Whether a node that answers takes a request that names it; a draining one keeps what may belong to its sessions. */
export function takesNamed(node: NodeSnapshot, requestClass: RequestClass, by: DecidedBy): boolean {
  if (node.state === 'draining') return requestClass !== 'create' && requestClass !== 'any';
  return requestClass !== 'create' || by === 'server-url' || takesNewSessions(node);
}

/** The first source that names anything decides. */
export function decidedBy(
  requestClass: RequestClass,
  named: NodeSnapshot | undefined,
  owner: NodeSnapshot | undefined,
  cookie: NodeSnapshot | 'unknown' | undefined,
): DecidedBy {
  if (named !== undefined) return 'server-url';
  if (owner !== undefined) return requestClass === 'user' ? 'user' : 'session';
  return cookie === undefined ? 'balance' : 'cookie';
}

export function disagrees(bound: NodeSnapshot | undefined, other: NodeSnapshot | undefined): boolean {
  return bound !== undefined && other !== undefined && bound.name !== other.name;
}
