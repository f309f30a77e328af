/** A bound client on long polls: one is always held. */
import { PATHS } from '../protocol.ts';
import { ask } from './ask.ts';
import { Channel, type Happening, refusal } from './channel.ts';

/** Longer than any poll is held. */
const PATIENCE_MS = 60_000;

export class PollChannel extends Channel {
  readonly kind = 'poll';

  protected async hold(headers: Readonly<Record<string, string>>, stop: AbortSignal): Promise<Happening> {
    this.happened({ what: 'open' });
    const question = { port: this.options.port, method: 'POST', path: PATHS.poll, headers } as const;
    const reply = await ask({ ...question, deadline: Date.now() + PATIENCE_MS }, stop);
    if (reply.kind !== 'answer') return { what: reply.kind === 'timeout' ? 'mute' : 'cut' };
    this.keepCookies(reply.headers['set-cookie']);
    if (reply.status === 200) return { what: 'answered' };
    return refusal(reply.status, reply.headers['set-cookie'], reply.body);
  }
}
