/** The mixed load: so many clients of each kind, all at once and all the time. */
import type { Random } from '../random.ts';
import { Aborted } from './aborted.ts';
import type { Loop, LoopOptions } from './loop.ts';
import { KeptPages, NewPages, SlowPages, Uploads } from './pages.ts';
import { Pipelined } from './pipelined.ts';
import { Sessions } from './sessions.ts';
import { Sockets } from './sockets.ts';
import { Tally } from './tally.ts';

type Client = new (options: LoopOptions) => Loop;

/** Clients of each kind at scale 1. */
const CLIENTS: readonly (readonly [Client, number])[] = [
  [KeptPages, 3],
  [NewPages, 3],
  [SlowPages, 2],
  [Uploads, 2],
  [Sessions, 10],
  [Sockets, 20],
  [Pipelined, 2],
  [Aborted, 3],
];

export class Load {
  readonly tally = new Tally();
  readonly #clients: readonly Loop[];

  /** `scale`: 1 for a machine that is not busy otherwise; at least one client of each kind. */
  constructor(port: number, random: Random, scale: number) {
    const options = { port, random, tally: this.tally };
    this.#clients = CLIENTS.flatMap(([Kind, count]) => {
      return Array.from({ length: Math.max(1, Math.round(count * scale)) }, () => new Kind(options));
    });
  }

  start(): void {
    for (const client of this.#clients) client.start();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.stop()));
  }
}
