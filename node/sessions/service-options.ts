/** What the session service of one node is made of. */
import type { Logger } from 'pino';
import type { Lifetimes } from './lifetimes.ts';
import type { SessionStore } from './store.ts';

export interface SessionServiceOptions {
  readonly store: SessionStore;
  /** Name of this node: the owner of what it creates. */
  readonly serverName: string;
  /** This node's own public URL. */
  readonly serverUrl?: string | undefined;
  /** Live sessions of this node at most; 0 is no limit, the default. */
  readonly maxSessions?: number | undefined;
  readonly lifetimes?: Lifetimes | undefined;
  /** How often idle sessions are looked for, ms: by so much may they live too long. */
  readonly sweepMs?: number | undefined;
  /** Milliseconds since the epoch, for the times of sessions. */
  readonly now?: () => number;
  /** Milliseconds of a clock that does not go back, for durations. */
  readonly elapsed?: () => number;
  readonly newSessionToken?: () => string;
  readonly log?: Logger | undefined;
}
