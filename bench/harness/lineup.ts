/** The contenders of one run: started when a scenario needs them, and again for one that needs them otherwise. */
import { join } from 'node:path';
import { type Contender, direct, type Running, start } from './contender.ts';
import type { Site } from './site.ts';

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

export class Lineup {
  readonly #contenders: readonly Contender[];
  readonly #withDirect: boolean;
  readonly #site: Site;
  #entrants: Entrant[] = [];
  #accessLog: boolean | undefined;

  /** `withDirect`: the node itself takes part, for information. */
  constructor(contenders: readonly Contender[], withDirect: boolean, site: Site) {
    this.#contenders = contenders;
    this.#withDirect = withDirect;
    this.#site = site;
  }

  /** All of them, running; with an access log those that can write one. */
  async entrants(accessLog: boolean): Promise<readonly Entrant[]> {
    if (this.#accessLog === accessLog) return this.#entrants;
    await this.stop();
    this.#accessLog = accessLog;
    for (const contender of this.#contenders.filter(({ logs }) => !accessLog || logs)) {
      this.#entrants.push(await Entrant.enter(() => start(contender, this.#placeOf(contender, accessLog))));
    }
    if (this.#withDirect) this.#entrants.push(await Entrant.enter(async () => direct(this.#site)));
    return this.#entrants;
  }

  async stop(): Promise<void> {
    for (const entrant of this.#entrants) await entrant.stop();
    this.#entrants = [];
  }

  #placeOf({ name }: Contender, accessLog: boolean) {
    const { dir, nodes, pinning } = this.#site;
    return { dir, nodes, pinning, accessLog: accessLog ? join(dir, `${name}.access-log`) : undefined };
  }
}
