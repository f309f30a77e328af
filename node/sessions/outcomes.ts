/** What the session service answers: data, so that callers must look at each case. */
import type { RecordPageOutcome } from './historian.ts';
import type {
  CompletedSession,
  EndCause,
  ExitResult,
  InactiveSession,
  JoinResult,
  LiveSession,
  Participant,
} from './session.ts';

export type CreateOutcome =
  | { readonly outcome: 'created'; readonly session: InactiveSession }
  /** The node is about to stop: its sessions go on, and others take the new ones. */
  | { readonly outcome: 'draining' }
  /** The node has as many live sessions as it may. */
  | { readonly outcome: 'too_many_sessions' }
  /** One random token after another was taken: the store is close to full. */
  | { readonly outcome: 'no_token' };

export type JoinOutcome =
  | { readonly outcome: 'joined'; readonly session: LiveSession; readonly participant: Participant }
  /** Its live channel is on another node: `serverName` and `serverUrl` of the session say which. */
  | { readonly outcome: 'other_node'; readonly session: LiveSession }
  | { readonly outcome: 'session_not_found' }
  | Exclude<JoinResult, { readonly outcome: 'joined' }>;

export type ExitOutcome =
  | Exclude<ExitResult, { readonly outcome: 'unknown_user' }>
  | { readonly outcome: 'user_not_found' };

export type StopOutcome =
  /** The same answer however often it is stopped. */
  | { readonly outcome: 'stopped'; readonly session: CompletedSession }
  /** Also of every user of a session that has never been active: it has no controller. */
  | { readonly outcome: 'not_controller' }
  | { readonly outcome: 'user_not_found' };

export type PageOutcome = RecordPageOutcome | 'session_not_found';

/** The end of a session of this node. Times are milliseconds since the epoch. */
export interface SessionEnd {
  readonly token: string;
  readonly cause: EndCause;
  /** Undefined when it was cancelled. */
  readonly activationTime: number | undefined;
  readonly deactivationTime: number;
}

export interface SessionEvents {
  /** Once for each session of this node, whoever ended it, another node included. Listeners must not throw. */
  ended: [end: SessionEnd];
}
