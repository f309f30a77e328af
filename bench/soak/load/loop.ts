/** One client that does the same again and again, with a short pause. */
import { Client } from '../../harness/client.ts';
import type { Random } from '../random.ts';
import type { Tally } from './tally.ts';

export type LoopOptions = { readonly port: number; readonly tally: Tally; readonly random: Random };

export abstract class Loop extends Client {
  protected readonly port: number;
  protected readonly tally: Tally;
  protected readonly random: Random;

  constructor({ port, tally, random }: LoopOptions) {
    super();
    this.port = port;
    this.tally = tally;
    this.random = random;
  }

  protected abstract readonly pauseMs: number;
  /** Never rejects for what a client has to expect. */
  protected abstract once(): Promise<void>;

  protected async turn(): Promise<void> {
    await this.once();
    await this.pause(this.random.between(0, 2 * this.pauseMs));
  }
}
