/**
 * The life of a session as pure functions over immutable records:
 *
 *     inactive ──agent or controller joins──▶ active ──a side leaves, controller stops, abandoned──▶ deactivated
 *        └─────────────────customer leaves, nobody joins in time───────────────────────────────────────▲
 *
 * An inactive or active session is *live*. A deactivated one never changes again: no one joins it, and its times stay.
 * One that was deactivated without having been active is *cancelled*, the others are *completed*.
 * Times are milliseconds since the epoch. Records are plain JSON, so that a store may keep them as text.
 */

/**
 * As CometD join names them: the customer shares a page, the agent sees it, the controller may also stop the session.
 */
export const CUSTOMER = 1;
export const AGENT = 2;
export const CONTROLLER = 3;
export type Role = typeof CUSTOMER | typeof AGENT | typeof CONTROLLER;

/** Bounds the memory of a session. */
export const MAX_PARTICIPANTS = 16;

export interface Participant {
  /** This participant's secret; see `newUserToken`. */
  readonly userToken: string;
  /** Public, tells participants apart. */
  readonly userId: string;
  readonly role: Role;
  readonly name: string;
}

interface SessionFacts {
  /** Nine digits; id and access token of the live session in one. */
  readonly sessionToken: string;
  /** A UUID that outlives the live session. */
  readonly historyId: string;
  /** Name of the node that hosts it. */
  readonly serverName: string;
  /** That node's own public URL as it was at creation; absent when it had none. */
  readonly serverUrl?: string;
  readonly createdAt: number;
  /** One more at each change, so that a store can tell a stale write. */
  readonly revision: number;
  /** Those present; of a deactivated session those present when it ended, including the one whose leaving ended it. */
  readonly participants: readonly Participant[];
}

export interface InactiveSession extends SessionFacts {
  readonly state: 'inactive';
}

export interface ActiveSession extends SessionFacts {
  readonly state: 'active';
  readonly activatedAt: number;
}

/**
 * Why a session ended.
 * - `stopped`: by its controller. `left`: the customer left, or the last on the agents' side did.
 * - `never_joined`: no agent came in time. `abandoned`: it was active, but nobody has been connected for long.
 * - `node_stopped`: its node stopped for good. `displaced`: while the store had lost it, its token went to another one.
 */
export const END_CAUSES = ['stopped', 'left', 'never_joined', 'abandoned', 'node_stopped', 'displaced'] as const;
export type EndCause = (typeof END_CAUSES)[number];

export interface DeactivatedSession extends SessionFacts {
  readonly state: 'deactivated';
  readonly endedBy: EndCause;
  /** Absent when it was cancelled before an agent joined. */
  readonly activatedAt?: number;
  /** Never before `activatedAt`, even if the clock was set back. */
  readonly deactivatedAt: number;
}

export type LiveSession = InactiveSession | ActiveSession;
export type Session = LiveSession | DeactivatedSession;

export type SessionBirth = Pick<SessionFacts, 'sessionToken' | 'historyId' | 'serverName' | 'serverUrl' | 'createdAt'>;

export function createSession(birth: SessionBirth): InactiveSession {
  return { ...birth, state: 'inactive', revision: 0, participants: [] };
}

export type JoinResult =
  | { readonly outcome: 'joined'; readonly session: LiveSession }
  /** It has ended: there is no joining again. */
  | { readonly outcome: 'deactivated' }
  /** A session has one customer. Several agents and controllers may join. */
  | { readonly outcome: 'role_taken' }
  | { readonly outcome: 'full' };

export function joinSession(session: Session, participant: Participant, now: number): JoinResult {
  if (session.state === 'deactivated') return { outcome: 'deactivated' };
  if (participant.role === CUSTOMER && session.participants.some(isCustomer)) return { outcome: 'role_taken' };
  if (session.participants.length >= MAX_PARTICIPANTS) return { outcome: 'full' };
  const change = { revision: session.revision + 1, participants: [...session.participants, participant] };
  return {
    outcome: 'joined',
    session:
      session.state === 'inactive' && participant.role !== CUSTOMER
        ? { ...session, ...change, state: 'active', activatedAt: now }
        : { ...session, ...change },
  };
}

export type ExitResult =
  /** Others carry on. */
  | { readonly outcome: 'left'; readonly session: ActiveSession }
  /** It was the customer, or the last on the agents' side. */
  | { readonly outcome: 'ended'; readonly session: DeactivatedSession }
  | { readonly outcome: 'deactivated' }
  | { readonly outcome: 'unknown_user' };

export function exitSession(session: Session, userToken: string, now: number): ExitResult {
  const leaver = findParticipant(session, userToken);
  if (leaver === undefined) return { outcome: 'unknown_user' };
  if (session.state === 'deactivated') return { outcome: 'deactivated' };
  const staying = session.participants.filter((participant) => participant !== leaver);
  const agentsSideStays = staying.some((participant) => !isCustomer(participant));
  return session.state === 'active' && !isCustomer(leaver) && agentsSideStays
    ? { outcome: 'left', session: { ...session, revision: session.revision + 1, participants: staying } }
    : { outcome: 'ended', session: endSession(session, 'left', now) };
}

/** A deactivated session that an agent had joined. */
export type CompletedSession = DeactivatedSession & Required<Pick<DeactivatedSession, 'activatedAt'>>;

export type StopResult =
  | { readonly outcome: 'stopped'; readonly session: CompletedSession }
  /** It had ended before, by whatever cause; its times are those of that end. */
  | { readonly outcome: 'already_stopped'; readonly session: CompletedSession }
  /**
   * Also the answer for every token of a session that was never activated: a controller who joins activates it, so
   * such a session has no controller.
   */
  | { readonly outcome: 'not_controller' }
  | { readonly outcome: 'unknown_user' };

export function stopSession(session: Session, userToken: string, now: number): StopResult {
  const participant = findParticipant(session, userToken);
  if (participant === undefined) return { outcome: 'unknown_user' };
  if (participant.role !== CONTROLLER || session.state === 'inactive') return { outcome: 'not_controller' };
  if (session.state === 'active') {
    return {
      outcome: 'stopped',
      session: { ...endSession(session, 'stopped', now), activatedAt: session.activatedAt },
    };
  }
  const { activatedAt } = session;
  return activatedAt === undefined
    ? { outcome: 'not_controller' }
    : { outcome: 'already_stopped', session: { ...session, activatedAt } };
}

export function endSession(session: LiveSession, cause: EndCause, now: number): DeactivatedSession {
  const since = session.state === 'active' ? session.activatedAt : session.createdAt;
  return {
    ...session,
    state: 'deactivated',
    endedBy: cause,
    revision: session.revision + 1,
    deactivatedAt: Math.max(now, since),
  };
}

function findParticipant(session: Session, userToken: string): Participant | undefined {
  return session.participants.find((participant) => participant.userToken === userToken);
}

function isCustomer(participant: Participant): boolean {
  return participant.role === CUSTOMER;
}
