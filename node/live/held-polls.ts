/** The `/meta/connect` messages of long polling that are held at present. */
import type { Outlet } from './cometd-library.ts';
import type { BayeuxSession } from './cometd-server.ts';

export type PollEnd =
  /** There is something to deliver, the session has been removed, or the time is up. */
  | 'due'
  /** The same client has connected elsewhere. */
  | 'superseded'
  /** The client is gone. */
  | 'gone'
  /** The node stops. */
  | 'stopping';

/** An outlet that opens once. */
export class HeldPoll implements Outlet {
  readonly ended: Promise<PollEnd>;
  readonly #session: BayeuxSession;
  readonly #timer: NodeJS.Timeout;
  #resolve: (end: PollEnd) => void = () => {};

  /** Becomes the session's outlet, until it ends. */
  constructor(session: BayeuxSession, holdMs: number) {
    this.#session = session;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#timer = setTimeout(() => this.end('due'), holdMs);
    session.outlet = this;
  }

  resume(): void {
    this.end('due');
  }

  cancel(): void {
    this.end('superseded');
  }

  /** The first end counts. */
  end(end: PollEnd): void {
    clearTimeout(this.#timer);
    if (this.#session.outlet === this) this.#session.outlet = undefined;
    this.#resolve(end);
  }
}

/** By browser, since a browser has few connections to one origin and needs them for more than to wait. */
export class HeldPolls {
  readonly #maxPerBrowser: number;
  readonly #polls = new Set<HeldPoll>();
  readonly #perBrowser = new Map<string, number>();
  #stopping = false;

  constructor(maxPerBrowser: number) {
    this.#maxPerBrowser = maxPerBrowser;
  }

  get size(): number {
    return this.#polls.size;
  }

  /** Undefined when the browser has as many as it may. */
  hold(session: BayeuxSession, browserId: string, holdMs: number): HeldPoll | undefined {
    const held = this.#perBrowser.get(browserId) ?? 0;
    if (held >= this.#maxPerBrowser) return undefined;
    const poll = new HeldPoll(session, holdMs);
    this.#polls.add(poll);
    this.#perBrowser.set(browserId, held + 1);
    void poll.ended.then(() => this.#release(poll, browserId));
    if (this.#stopping) poll.end('stopping');
    return poll;
  }

  /** Ends those there are, and those that are yet to come. */
  stop(): void {
    this.#stopping = true;
    for (const poll of this.#polls) poll.end('stopping');
  }

  #release(poll: HeldPoll, browserId: string): void {
    this.#polls.delete(poll);
    const left = (this.#perBrowser.get(browserId) ?? 1) - 1;
    if (left === 0) this.#perBrowser.delete(browserId);
    else this.#perBrowser.set(browserId, left);
  }
}
