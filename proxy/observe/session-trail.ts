/**
 * What one worker remembers of sessions: the exchanges whose path or answer names one. Bounded in sessions and in
 * events of each; tokens are not kept, see `session-alias.ts`.
 *
 * Left out is the live channel (unless a route of it has the token in its path): its requests and tunnels name a node
 * by cookie and a session nowhere that the proxy reads. One client's address, cookie or connection may serve many
 * sessions, so that to guess would put one session's trouble into another's timeline. A stop names its user, not the
 * session, so it is found under the user token.
 */
import { LRUCache } from 'lru-cache';
import type { RequestClass } from '../../config/proxy-schema.ts';
import type { DecidedBy, Verdict } from '../affinity/decision.ts';
import type { ExchangeRecord, Termination } from './record.ts';

const MOST_SESSIONS = 10_000;
export const MOST_EVENTS = 20;

export interface SessionEvent {
  /** When the request came, ms since the epoch. */
  readonly at: number;
  readonly durationMs: number;
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
  readonly termination: Termination;
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

/** The token by which an exchange is found again; '' when it names no session. */
export function tokenOf({ created, token }: Pick<ExchangeRecord, 'created' | 'token'>): string {
  return created === '' ? token : created;
}

export class SessionTrails {
  readonly #trails: LRUCache<string, GrowingTrail>;

  constructor(mostSessions = MOST_SESSIONS) {
    this.#trails = new LRUCache({ max: mostSessions });
  }

  note(alias: string, record: ExchangeRecord): void {
    const trail = this.#trails.get(alias);
    if (trail === undefined) {
      if (provesSession(record)) this.#trails.set(alias, { events: [eventOf(record)], forgotten: 0 });
      return;
    }
    // The first is kept: it tells where the session began.
    if (trail.events.length === MOST_EVENTS) {
      trail.events.splice(1, 1);
      trail.forgotten++;
    }
    trail.events.push(eventOf(record));
  }

  of(alias: string): SessionTrail | undefined {
    return this.#trails.peek(alias);
  }
}

/** Somebody knows this session. Tokens that a client makes up must not push out those that exist. */
function provesSession({ status, node, by }: ExchangeRecord): boolean {
  return by === 'session' || by === 'user' || (node !== '' && (status === 101 || (status >= 200 && status <= 299)));
}

function eventOf(record: ExchangeRecord): SessionEvent {
  return {
    at: record.startedAt,
    durationMs: record.durationMs,
    requestId: copied(record.requestId),
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

/** A part of a string keeps the whole of it alive, here the head of a request: kilobytes for each event. */
function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
