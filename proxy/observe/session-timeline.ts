/** One session's story, put together from what each worker remembers of it. */
import type { DecidedBy } from '../affinity/decision.ts';
import { isSuccess } from './record.ts';
import type { SessionEvent, SessionTrail } from './session-trail.ts';

/** A trail and the process that had it. */
export interface WorkerTrail extends SessionTrail {
  readonly pid: number;
}

export interface TimelineEvent extends SessionEvent {
  readonly pid: number;
}

/**
 * How it is known whose session it is, the surest first.
 * - `create`: it was created there, through this proxy.
 * - `user`: that node knew the user token.
 * - `look-up`: the nodes were asked and named it.
 * - `server-url`: it answered at its own URL.
 * - `cookie`: a client was bound to it for this session, as its cookies say.
 */
export type KnownBy = 'create' | 'user' | 'look-up' | 'server-url' | 'cookie';

export interface Timeline {
  readonly owner: { readonly node: string; readonly knownBy: KnownBy; readonly since: number } | undefined;
  /** By the time that the requests came. */
  readonly events: readonly TimelineEvent[];
  readonly forgotten: number;
}

/** Undefined when nobody remembers anything. */
export function timelineOf(trails: readonly WorkerTrail[]): Timeline | undefined {
  const events = trails.flatMap(({ pid, events }) => events.map((event) => ({ pid, ...event })));
  if (events.length === 0) return undefined;
  events.sort((a, b) => a.at - b.at);
  return { owner: ownerIn(events), events, forgotten: trails.reduce((sum, trail) => sum + trail.forgotten, 0) };
}

/** A node that a cookie or the balancing policy led to may have answered for another's session: that proves nothing. */
const PROVEN_BY: Readonly<Partial<Record<DecidedBy, KnownBy>>> = {
  user: 'user',
  session: 'look-up',
  'server-url': 'server-url',
};
const SUREST_FIRST: readonly KnownBy[] = ['create', 'user', 'look-up', 'server-url', 'cookie'];

function ownerIn(events: readonly TimelineEvent[]): Timeline['owner'] {
  const found = events.flatMap((event) => {
    const knownBy = knownByOf(event);
    return knownBy === undefined ? [] : [{ node: event.node, knownBy, since: event.at }];
  });
  for (const knownBy of SUREST_FIRST) {
    const owner = found.find((candidate) => candidate.knownBy === knownBy);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

function knownByOf({ created, node, by, verdict, status, class: requestClass }: SessionEvent): KnownBy | undefined {
  if (created) return 'create';
  if (node === '' || by === '' || !isSuccess(status)) return undefined;
  // Node after node was asked until this one knew the user.
  if (requestClass === 'user' && verdict !== 'bound') return 'user';
  if (verdict !== 'bound') return undefined;
  return requestClass === 'live' && by === 'cookie' ? 'cookie' : PROVEN_BY[by];
}
