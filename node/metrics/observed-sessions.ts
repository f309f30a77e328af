/**
 * The session service with every outcome counted and every end logged, whoever asked for it: REST or the live channel.
 */
import type { Logger } from 'pino';
import { maskToken } from '../log.ts';
import {
  type CreateOutcome,
  type ExitOutcome,
  type JoinOutcome,
  SessionService,
  type SessionServiceOptions,
  type StopOutcome,
} from '../sessions/service.ts';
import type { LiveSession, Role } from '../sessions/session.ts';
import { StoreUnavailable } from '../sessions/store.ts';
import type { NodeMetrics } from './metrics.ts';
import type { Operation, OperationOutcomes } from './operations.ts';

export interface ObservedSessionsOptions extends SessionServiceOptions {
  readonly metrics: NodeMetrics;
  readonly log: Logger;
}

export class ObservedSessions extends SessionService {
  readonly #metrics: NodeMetrics;
  readonly #log: Logger;

  constructor(options: ObservedSessionsOptions) {
    super(options);
    this.#metrics = options.metrics;
    this.#log = options.log;
    this.on('ended', ({ token, cause, activationTime, deactivationTime }) => {
      this.#metrics.sessionEnded(cause);
      this.#log.info({ session: maskToken(token), cause, activationTime, deactivationTime }, 'session ended');
    });
  }

  override async create(): Promise<CreateOutcome> {
    const created = await this.#observe('create', super.create());
    if (created.outcome === 'created') {
      this.#log.info({ session: maskToken(created.session.sessionToken) }, 'session created');
    }
    return created;
  }

  override async getLive(sessionToken: string): Promise<LiveSession | undefined> {
    const find = super.getLive(sessionToken).then((session) => ({ outcome: outcomeOfFind(session), session }));
    return (await this.#observe('find', find)).session;
  }

  override async join(sessionToken: string, role: Role, name: string): Promise<JoinOutcome> {
    const joined = await this.#observe('join', super.join(sessionToken, role, name));
    if (joined.outcome === 'joined') {
      this.#log.info({ session: maskToken(sessionToken), role, state: joined.session.state }, 'session joined');
    }
    return joined;
  }

  override exit(userToken: string): Promise<ExitOutcome> {
    return this.#observe('exit', super.exit(userToken));
  }

  override stop(userToken: string): Promise<StopOutcome> {
    return this.#observe('stop', super.stop(userToken));
  }

  async #observe<O extends Operation, Result extends { readonly outcome: OperationOutcomes[O] }>(
    operation: O,
    result: Promise<Result>,
  ): Promise<Result> {
    try {
      const settled = await result;
      this.#metrics.operation(operation, settled.outcome);
      return settled;
    } catch (error) {
      this.#metrics.operation(operation, error instanceof StoreUnavailable ? 'store_unavailable' : 'failed');
      throw error;
    }
  }
}

function outcomeOfFind(session: LiveSession | undefined): OperationOutcomes['find'] {
  return session === undefined ? 'session_not_found' : 'found';
}
