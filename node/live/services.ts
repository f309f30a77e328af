/**
 * The service channels: what a client publishes there is answered by a message on the same channel, to that client
 * alone, whose `data` has the fields asked for or an `error`. Channels, fields and roles are those of Genesys
 * Co-browse; errors, the announcements to other participants and the page channel are ours.
 */
import type { Logger } from 'pino';
import type { AddressLimiter } from '../limits/address-limiter.ts';
import type { SessionService } from '../sessions/service.ts';
import { CONTROLLER, CUSTOMER, type Participant } from '../sessions/session.ts';
import { StoreUnavailable } from '../sessions/store.ts';
import { CREATE, EXIT, endedChannel, JOIN, PAGE, STOP, usersChannel } from './channels.ts';
import type { BayeuxSession, Broker, ServiceRequest } from './cometd-server.ts';
import { refuseService, type ServiceRefusal } from './errors.ts';
import { fieldsOf, parseJoinData } from './join-data.ts';
import type { Member, Members } from './members.ts';

/** A participant as the others see it: without its secret. */
type User = Pick<Participant, 'userId' | 'role' | 'name'>;

/** `data` of the answer. */
type ServiceAnswer = Readonly<Record<string, unknown>> | ServiceRefusal;

export interface SessionServicesOptions {
  readonly sessions: SessionService;
  readonly members: Members;
  /** Counts joins that name no live session: guesses at its nine digits. */
  readonly misses: AddressLimiter;
  readonly log: Logger;
}

export class SessionServices {
  readonly #sessions: SessionService;
  readonly #members: Members;
  readonly #misses: AddressLimiter;
  readonly #log: Logger;
  /** Clients with a join under way. */
  readonly #joining = new Set<BayeuxSession>();

  constructor({ sessions, members, misses, log }: SessionServicesOptions) {
    this.#sessions = sessions;
    this.#members = members;
    this.#misses = misses;
    this.#log = log;
  }

  /** Opens the channels, and tells participants of the ends of their sessions. */
  open(broker: Broker): void {
    const serve = (channel: string, answer: (request: ServiceRequest) => Promise<ServiceAnswer>): void =>
      broker.onService(channel, async (request) => {
        request.session.deliver(channel, await this.#guarded(channel, () => answer(request)));
      });
    serve(CREATE, (request) => this.#create(request));
    serve(JOIN, (request) => this.#join(request));
    serve(EXIT, ({ session }) => this.#exit(session));
    serve(STOP, ({ session }) => this.#stop(session));
    serve(PAGE, ({ session, data }) => this.#page(session, data));
    this.#sessions.on('ended', ({ token, cause, activationTime, deactivationTime }) => {
      const data = { cause, activationTime, deactivationTime };
      for (const { client } of this.#members.end(token)) client.deliver(endedChannel(token), data);
    });
  }

  /** A client that is gone has left its session. Never rejects. */
  async leave(client: BayeuxSession): Promise<void> {
    const member = this.#members.of(client);
    if (member !== undefined) await this.#guarded(EXIT, () => this.#leave(member));
  }

  async #create({ exchange }: ServiceRequest): Promise<ServiceAnswer> {
    const created = await this.#sessions.create();
    switch (created.outcome) {
      case 'created':
        exchange.bind(created.session.sessionToken);
        return { sessionToken: created.session.sessionToken };
      case 'no_token':
        return refuseService('no_session_token');
      case 'draining':
      case 'too_many_sessions':
        return refuseService(created.outcome);
    }
  }

  async #join({ session: client, data, exchange }: ServiceRequest): Promise<ServiceAnswer> {
    const asked = parseJoinData(data);
    if (asked === undefined) return refuseService('invalid_data');
    const current = this.#members.of(client);
    if (this.#joining.has(client) || (current && this.#members.isLive(current))) return refuseService('already_joined');
    if (!this.#misses.take(exchange.address)) return refuseService('too_many_attempts');
    this.#joining.add(client);
    try {
      const joined = await this.#sessions.join(asked.sessionToken, asked.role, asked.name);
      if (joined.outcome !== 'session_not_found') this.#misses.giveBack(exchange.address);
      switch (joined.outcome) {
        case 'joined':
          if (asked.role !== CUSTOMER) exchange.bind(asked.sessionToken);
          return await this.#welcome(joined.session.historyId, joined.session.participants, {
            client,
            sessionToken: asked.sessionToken,
            participant: joined.participant,
          });
        case 'other_node': {
          const { serverName: sessionServerName, serverUrl: sessionServerUrl } = joined.session;
          return { error: { ...refuseService('session_elsewhere').error, sessionServerName, sessionServerUrl } };
        }
        case 'deactivated':
          return refuseService('session_ended');
        case 'full':
          return refuseService('session_full');
        case 'role_taken':
        case 'session_not_found':
          return refuseService(joined.outcome);
      }
    } finally {
      this.#joining.delete(client);
    }
  }

  async #welcome(historyId: string, users: readonly Participant[], member: Member): Promise<ServiceAnswer> {
    const { client, sessionToken, participant } = member;
    this.#members.add(member);
    if (!client.present) {
      // It went while it was joining, and nobody noticed that it had to leave.
      await this.#leave(member);
    } else if ((await this.#sessions.getLive(sessionToken)) === undefined) {
      // The end came between the join and this.
      this.#members.end(sessionToken);
      return refuseService('session_ended');
    } else {
      this.#announceUsers(sessionToken, users, client);
    }
    const { userToken, userId } = participant;
    return { userToken, userId, users: users.map(publicly), sessionHistoryId: historyId };
  }

  async #exit(client: BayeuxSession): Promise<ServiceAnswer> {
    const member = this.#members.of(client);
    if (member === undefined) return refuseService('not_joined');
    const wasLive = this.#members.isLive(member);
    await this.#leave(member);
    return wasLive ? { sessionToken: member.sessionToken } : refuseService('session_ended');
  }

  /** As often as it is asked, also after the end, a controller gets the times that REST stop answers. */
  async #stop(client: BayeuxSession): Promise<ServiceAnswer> {
    const member = this.#members.of(client);
    if (member === undefined) return refuseService('not_joined');
    if (member.participant.role !== CONTROLLER) return refuseService('not_controller');
    const stop = await this.#sessions.stop(member.participant.userToken);
    switch (stop.outcome) {
      case 'stopped':
        return { activationTime: stop.session.activatedAt, deactivationTime: stop.session.deactivatedAt };
      case 'not_controller':
        return refuseService('not_controller');
      case 'user_not_found':
        return refuseService('session_not_found');
    }
  }

  async #page(client: BayeuxSession, data: unknown): Promise<ServiceAnswer> {
    const { url } = fieldsOf(data);
    const member = this.#members.of(client);
    if (typeof url !== 'string') return refuseService('invalid_data');
    if (member === undefined) return refuseService('not_joined');
    if (member.participant.role !== CUSTOMER) return refuseService('not_customer');
    const outcome = await this.#sessions.recordPage(member.sessionToken, url);
    switch (outcome) {
      case 'recorded':
        return { url };
      case 'full':
        return refuseService('history_full');
      case 'session_not_found':
        return refuseService('session_ended');
      case 'invalid_url':
        return refuseService('invalid_url');
    }
  }

  /** Rejects when the store fails; the client takes part no longer even so. */
  async #leave(member: Member): Promise<ServiceAnswer> {
    this.#members.remove(member);
    const exit = await this.#sessions.exit(member.participant.userToken);
    if (exit.outcome === 'left') this.#announceUsers(member.sessionToken, exit.session.participants, member.client);
    return {};
  }

  #announceUsers(sessionToken: string, users: readonly Participant[], except: BayeuxSession): void {
    const data = { users: users.map(publicly) };
    for (const { client } of this.#members.in(sessionToken)) {
      if (client !== except) client.deliver(usersChannel(sessionToken), data);
    }
  }

  async #guarded(channel: string, answer: () => Promise<ServiceAnswer>): Promise<ServiceAnswer> {
    try {
      return await answer();
    } catch (error) {
      if (error instanceof StoreUnavailable) return refuseService('store_unavailable');
      this.#log.error({ err: error, channel }, 'service failed');
      return refuseService('internal_error');
    }
  }
}

function publicly({ userId, role, name }: Participant): User {
  return { userId, role, name };
}
