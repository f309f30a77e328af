/** A session's life: created, looked up by its agent, polled, and stopped by its controller. */
import { PATHS, type Session } from '../protocol.ts';
import { ask, type BoundTo, type Facts } from './ask.ts';
import { Loop } from './loop.ts';
import type { Tally } from './tally.ts';

export class Sessions extends Loop {
  readonly pauseMs = 100;

  protected async once(): Promise<void> {
    const bound = await create(this.port, this.tally);
    if (bound === undefined) return;
    const { token, userToken } = bound.session;
    const look = { kind: 'look', path: `${PATHS.sessions}/${token}`, bound } as const;
    const poll = { kind: 'poll', method: 'POST', path: PATHS.poll, bound } as const;
    const turns = this.random.between(1, 3);
    for (let turn = 0; turn < turns && !this.stopped; turn++) {
      await ask(this.port, this.tally, { ...look, cookie: this.random.between(0, 1) === 0 });
      // A client whose poll is refused or broken off starts over.
      if ((await ask(this.port, this.tally, poll)) === undefined) return;
    }
    await ask(this.port, this.tally, { kind: 'stop', path: `${PATHS.users}/${userToken}/session/stop`, bound });
  }
}

export async function create(port: number, tally: Tally): Promise<BoundTo | undefined> {
  const since = Date.now();
  const facts = await ask(port, tally, { kind: 'create', method: 'POST', path: PATHS.sessions });
  return facts === undefined ? undefined : { session: sessionOf(facts), since };
}

function sessionOf({ session }: Facts): Session {
  return session as Session;
}
