/** The contenders of one run: started when a scenario needs them, and again for one that needs them otherwise. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, direct, type Running, start } from './contender.ts';
import type { Place, Site } from './site.ts';

/** One contender's place in a scenario. */
export class Entrant {
  readonly #start: () => Promise<Running>;
  #running: Running;

  private constructor(start: () => Promise<Running>, running: Running) {
    this.#start = start;
    this.#running = running;
  }

  static async enter(start: () => Promise<Running>): Promise<Entrant> {
    return new Entrant(start, await start());
  }

  get running(): Running {
    return this.#running;
  }

  /** Stops it and starts it anew. */
  async renew(): Promise<void> {
    await this.stop();
    this.#running = await this.#start();
  }

  stop(): Promise<void> {
    return this.#running.stop();
  }
}

/** How a scenario wants its contenders. */
export type Wish = {
  /** With an access log, and those only that can write one. */
  readonly accessLog?: true;
  /** Each once with so many workers or threads, and those only that can have any number; unset: all, with one. */
  readonly workers?: readonly number[];
  /** With TLS, and those only that can speak it; not the nodes. */
  readonly tls?: true;
};

export class Lineup {
  readonly #contenders: readonly Contender[];
  readonly #withDirect: boolean;
  readonly #site: Site;
  #entrants: Entrant[] = [];
  #wish: string | undefined;

  /** `withDirect`: the node itself takes part, for information. */
  constructor(contenders: readonly Contender[], withDirect: boolean, site: Site) {
    this.#contenders = contenders;
    this.#withDirect = withDirect;
    this.#site = site;
  }

  /** Running, as that is wished for. */
  async entrants({ accessLog, workers, tls }: Wish): Promise<readonly Entrant[]> {
    const wish = JSON.stringify([accessLog, workers, tls]);
    if (this.#wish === wish) return this.#entrants;
    await this.stop();
    this.#wish = wish;
    const able = this.#contenders.filter(
      ({ logs, scales, secures }) => (!accessLog || logs) && (!workers || scales) && (!tls || secures),
    );
    for (const contender of able) {
      for (const count of workers ?? [1]) {
        const one = count === 1 ? contender : several(contender, count);
        const place = this.#placeOf(accessLog, tls, count);
        this.#entrants.push(await Entrant.enter(() => start(one, place)));
      }
    }
    if (this.#withDirect && !tls) this.#entrants.push(await Entrant.enter(async () => direct(this.#site)));
    return this.#entrants;
  }

  async stop(): Promise<void> {
    for (const entrant of this.#entrants) await entrant.stop();
    this.#entrants = [];
  }

  /** With a directory of its own: contenders that differ in their workers only have files of the same names. */
  #placeOf(accessLog: true | undefined, tls: true | undefined, workers: number): Place {
    const { dir: shared, nodes, pinning } = this.#site;
    const dir = mkdtempSync(join(shared, 'contender-'));
    const certificate = tls && this.#site.certificateForAll();
    return { dir, nodes, pinning, workers, accessLog: accessLog && join(dir, 'access-log'), certificate };
  }
}

function several(contender: Contender, workers: number) {
  return { ...contender, name: `${contender.name} × ${workers}`, single: contender.name };
}
