/** What is done with sessions, by REST and by the live channel alike, and how each may come out. */
import type { CreateOutcome, ExitOutcome, JoinOutcome, StopOutcome } from '../sessions/service.ts';

type Outcome<Result extends { readonly outcome: string }> = Result['outcome'];

/** `failed` is an error of the program. */
const FAILURES = ['store_unavailable', 'failed'] as const;
export type Failure = (typeof FAILURES)[number];

export interface OperationOutcomes {
  readonly create: Outcome<CreateOutcome>;
  readonly find: 'found' | 'session_not_found';
  readonly join: Outcome<JoinOutcome>;
  readonly exit: Outcome<ExitOutcome>;
  readonly stop: Outcome<StopOutcome>;
}

export type Operation = keyof OperationOutcomes;

/** Typed as records, so that none can be left out. */
const OUTCOMES: { readonly [O in Operation]: Readonly<Record<OperationOutcomes[O], true>> } = {
  create: { created: true, too_many_sessions: true, no_token: true, draining: true },
  find: { found: true, session_not_found: true },
  join: { joined: true, session_not_found: true, other_node: true, deactivated: true, role_taken: true, full: true },
  exit: { left: true, ended: true, deactivated: true, user_not_found: true },
  stop: { stopped: true, not_controller: true, user_not_found: true },
};

export const OPERATIONS: Readonly<Record<Operation, readonly string[]>> = {
  create: outcomesOf('create'),
  find: outcomesOf('find'),
  join: outcomesOf('join'),
  exit: outcomesOf('exit'),
  stop: outcomesOf('stop'),
};

function outcomesOf(operation: Operation): readonly string[] {
  return [...Object.keys(OUTCOMES[operation]), ...FAILURES];
}
