/** The secret of the session tickets: made here, the same for all workers, and another one now and then. */
import { newTicketSecret } from '../tls/ticket-keys.ts';
import type { Memo } from './memo.ts';

/**
 * Whoever steals the secret can read what was sent on sessions that its tickets resume, so that it must not live long.
 * Node.js takes one key at a time: after a rotation, clients whose tickets are older begin with a whole handshake.
 * Tickets are good for five minutes, so that these are few.
 */
const ROTATION_MS = 12 * 60 * 60 * 1000;

type Held = NonNullable<Memo['tickets']>;

export interface TicketRotationOptions {
  /** Of the primary before this one. */
  readonly held: Held | undefined;
  readonly onRotated: (secret: string) => void;
  /** ms since the epoch. */
  readonly now?: () => number;
}

export class TicketRotation {
  readonly #onRotated: TicketRotationOptions['onRotated'];
  readonly #now: () => number;
  #held: Held;
  #timer: NodeJS.Timeout | undefined;

  constructor({ held, onRotated, now = Date.now }: TicketRotationOptions) {
    this.#onRotated = onRotated;
    this.#now = now;
    this.#held = held ?? this.#make();
  }

  get secret(): string {
    return this.#held.secret;
  }

  get memo(): Held {
    return this.#held;
  }

  /** `held`: of the primary before this one, as it is now that it has left. */
  start(held: Held | undefined): void {
    if (held !== undefined) this.#held = held;
    const age = this.#now() - this.#held.since;
    // A clock that was set back must not make it live longer.
    const left = age < 0 ? 0 : Math.max(0, ROTATION_MS - age);
    this.#timer = setTimeout(() => this.#rotate(), left).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #rotate(): void {
    this.#held = this.#make();
    this.start(undefined);
    this.#onRotated(this.#held.secret);
  }

  #make(): Held {
    return { secret: newTicketSecret(), since: this.#now() };
  }
}
