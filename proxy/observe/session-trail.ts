/**
 * What one worker remembers of sessions: the exchanges whose path or answer names one, and those whose cookies do
 * (`affinity/companion.ts`), which is how the live channel is tied to its session. Bounded in sessions and in events of
 * each; tokens are not kept, see `session-alias.ts`.
 *
 * Exchanges of the live channel that follow each other and are alike are one event, or they would push out the rest. A
 * tunnel is told when it opens, and again, in the place of that, when it has ended. A stop names its user, so it is
 * found under the user token, and under its session where its cookies know that.
 */
import { LRUCache } from 'lru-cache';
import type { RequestClass } from '../../config/request-classes.ts';
import type { DecidedBy, Verdict } from '../affinity/decision.ts';
import { ownCopy } from '../http/own-copy.ts';
import { type ExchangeRecord, isSuccess, type Termination } from './record.ts';

const MOST_SESSIONS = 10_000;
/** Known by cookie alone: anybody may make these up, so they push out nothing but each other. */
const MOST_CLAIMED = 5_000;
export const MOST_EVENTS = 20;

/** What named the session: its token, in the path or in the answer, or what the client's cookies said. */
export type NamedBy = 'token' | 'cookie';

export interface SessionEvent {
  /** When the request came, ms since the epoch; of several the first. */
  readonly at: number;
  /** To the end of the last of them; -1 for a tunnel that is open. */
  readonly durationMs: number;
  /** How many that were alike it stands for. */
  readonly exchanges: number;
  readonly namedBy: NamedBy;
  readonly requestId: string;
  readonly class: RequestClass;
  /** Its answer created the session. */
  readonly created: boolean;
  /** '' for none, as in the record. */
  readonly node: string;
  readonly by: DecidedBy | '';
  readonly verdict: Verdict | '';
  readonly conflict: boolean;
  readonly attempts: number;
  readonly status: number;
  readonly tunnel: boolean;
  readonly termination: Termination | 'open';
  readonly error: string;
}

export interface SessionTrail {
  /** In the order of their ends: the first that there was, then the latest. */
  readonly events: readonly SessionEvent[];
  /** How many there were between the first and the latest. */
  readonly forgotten: number;
}

interface GrowingTrail extends SessionTrail {
  readonly events: SessionEvent[];
  forgotten: number;
}

export class SessionTrails {
  readonly #trails: LRUCache<string, GrowingTrail>;
  readonly #claimed: LRUCache<string, GrowingTrail>;

  constructor(mostSessions = MOST_SESSIONS, mostClaimed = MOST_CLAIMED) {
    this.#trails = new LRUCache({ max: mostSessions });
    this.#claimed = new LRUCache({ max: mostClaimed });
  }

  /** False when it says nothing new: one more like the last, or the end of a tunnel that is noted. */
  note(alias: string, record: ExchangeRecord, namedBy: NamedBy = 'token'): boolean {
    const trail = this.#trailFor(alias, record, namedBy);
    if (trail === undefined) return true;
    const open = record.tunnel ? trail.events.findIndex((known) => isOpeningOf(known, record)) : -1;
    if (open !== -1) {
      trail.events[open] = eventOf(record, namedBy);
      return false;
    }
    const last = trail.events.at(-1);
    if (last !== undefined && last.namedBy === namedBy && isMoreOf(last, record)) {
      const durationMs = Math.max(last.durationMs, record.startedAt + record.durationMs - last.at);
      trail.events[trail.events.length - 1] = { ...last, durationMs, exchanges: last.exchanges + 1 };
      return false;
    }
    push(trail, eventOf(record, namedBy));
    return true;
  }

  /** A tunnel has opened. */
  opened(alias: string, record: ExchangeRecord, namedBy: NamedBy): void {
    const trail = this.#trailFor(alias, record, namedBy);
    if (trail !== undefined) push(trail, { ...eventOf(record, namedBy), termination: 'open' });
  }

  of(alias: string): SessionTrail | undefined {
    return this.#trails.peek(alias) ?? this.#claimed.peek(alias);
  }

  #trailFor(alias: string, record: ExchangeRecord, namedBy: NamedBy): GrowingTrail | undefined {
    const known = this.#trails.get(alias);
    if (known !== undefined) return known;
    const claimed = this.#claimed.get(alias);
    if (namedBy === 'cookie') {
      if (claimed !== undefined) return claimed;
    } else if (!provesSession(record)) return undefined;
    const trail = claimed ?? { events: [], forgotten: 0 };
    if (namedBy === 'cookie') this.#claimed.set(alias, trail);
    else {
      this.#claimed.delete(alias);
      this.#trails.set(alias, trail);
    }
    return trail;
  }
}

/** The first is kept: it tells where the session began. */
function push(trail: GrowingTrail, event: SessionEvent): void {
  if (trail.events.length === MOST_EVENTS) {
    trail.events.splice(1, 1);
    trail.forgotten++;
  }
  trail.events.push(event);
}

function isOpeningOf(known: SessionEvent, { requestId, startedAt }: ExchangeRecord): boolean {
  return known.termination === 'open' && known.requestId === requestId && known.at === startedAt;
}

const ALIKE = ['class', 'node', 'by', 'verdict', 'conflict', 'attempts', 'status', 'termination', 'error'] as const;

function isMoreOf(last: SessionEvent, record: ExchangeRecord): boolean {
  return (
    record.class === 'live' && !record.tunnel && !last.tunnel && ALIKE.every((fact) => last[fact] === record[fact])
  );
}

/** Somebody knows this session. Tokens that a client makes up must not push out those that exist. */
function provesSession({ status, node, by }: ExchangeRecord): boolean {
  return by === 'session' || by === 'user' || (node !== '' && isSuccess(status));
}

function eventOf(record: ExchangeRecord, namedBy: NamedBy): SessionEvent {
  return {
    at: record.startedAt,
    durationMs: record.durationMs,
    exchanges: 1,
    namedBy,
    requestId: ownCopy(record.requestId),
    class: record.class,
    created: record.created !== '',
    node: record.node,
    by: record.by,
    verdict: record.verdict,
    conflict: record.conflict,
    attempts: record.attempts,
    status: record.status,
    tunnel: record.tunnel,
    termination: record.termination,
    error: record.error,
  };
}
