/** Which Bayeux client takes part in which co-browse session. A client takes part in one at a time. */
import type { Participant } from '../sessions/session.ts';
import { isAnnouncement, SERVICES, sessionTokenOf } from './channels.ts';
import type { BayeuxSession, ChannelPolicy } from './cometd-server.ts';

export interface Member {
  readonly client: BayeuxSession;
  readonly sessionToken: string;
  readonly participant: Participant;
}

export class Members {
  /** Also of sessions that have ended, until the client is gone or joins another. */
  readonly #memberships = new Map<BayeuxSession, Member>();
  /** Those of live sessions, by session token. */
  readonly #live = new Map<string, Set<Member>>();

  add(member: Member): void {
    this.#memberships.set(member.client, member);
    const members = this.#live.get(member.sessionToken) ?? new Set();
    this.#live.set(member.sessionToken, members.add(member));
  }

  of(client: BayeuxSession): Member | undefined {
    return this.#memberships.get(client);
  }

  /** In the order in which they joined. */
  in(sessionToken: string): readonly Member[] {
    return [...(this.#live.get(sessionToken) ?? [])];
  }

  isLive(member: Member): boolean {
    return this.#live.get(member.sessionToken)?.has(member) ?? false;
  }

  remove(member: Member): void {
    this.#memberships.delete(member.client);
    this.#leave(member);
  }

  /** From now on the members of a session that has ended hear and say nothing more in it. */
  end(sessionToken: string): readonly Member[] {
    const members = this.in(sessionToken);
    for (const member of members) this.#leave(member);
    return members;
  }

  #leave(member: Member): void {
    member.client.unsubscribe((channel) => sessionTokenOf(channel) === member.sessionToken);
    const members = this.#live.get(member.sessionToken);
    if (members?.delete(member) && members.size === 0) this.#live.delete(member.sessionToken);
  }
}

/**
 * Clients speak on service channels, and on the channels of the session that they have joined, but for announcements.
 */
export class MembersOnly implements ChannelPolicy {
  readonly #members: Members;
  readonly #maxSubscriptions: number;

  constructor(members: Members, maxSubscriptions: number) {
    this.#members = members;
    this.#maxSubscriptions = maxSubscriptions;
  }

  maySubscribe(client: BayeuxSession, channel: string, wanted: number): boolean {
    return this.#isMember(client, channel) && client.subscriptionCount + wanted <= this.#maxSubscriptions;
  }

  mayPublish(client: BayeuxSession, channel: string): boolean {
    return SERVICES.has(channel) || (this.#isMember(client, channel) && !isAnnouncement(channel));
  }

  #isMember(client: BayeuxSession, channel: string): boolean {
    const member = this.#members.of(client);
    return member !== undefined && this.#members.isLive(member) && sessionTokenOf(channel) === member.sessionToken;
  }
}
