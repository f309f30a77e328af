/**
 * Gathers a worker's sightings, so that the primary gets a message now and then instead of one for each request. One
 * batch at a time is under way: a primary that does not listen costs sightings, never memory.
 */
import type { Sighting } from './sighting.ts';

const GATHER_MS = 200;
const MOST_GATHERED = 1000;

export interface SightingBatchOptions {
  /** `skipped`: sightings that there was no room for; `sent` is called once, when the next batch may follow. */
  readonly send: (sightings: readonly Sighting[], skipped: number, sent: () => void) => void;
}

export class SightingBatch {
  readonly #send: SightingBatchOptions['send'];
  #gathered: Sighting[] = [];
  #skipped = 0;
  #underWay = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({ send }: SightingBatchOptions) {
    this.#send = send;
  }

  add(sighting: Sighting): void {
    if (this.#gathered.length === MOST_GATHERED) {
      this.#skipped++;
      return;
    }
    this.#gathered.push(sighting);
    if (!this.#underWay) this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
  }

  /** Sends what there is, unless a batch is under way. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#underWay || this.#gathered.length === 0) return;
    const sightings = this.#gathered;
    const skipped = this.#skipped;
    this.#gathered = [];
    this.#skipped = 0;
    this.#underWay = true;
    this.#send(sightings, skipped, () => {
      this.#underWay = false;
      if (this.#gathered.length > 0) this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
    });
  }
}
