/** Refused requests to the admin listener: each is counted, and one line in ten seconds tells of them. */
import { ADMIN_REFUSALS, type AdminRefusal, type Counts, zeroes } from '../observe/labels.ts';
import type { Logger } from '../observe/log.ts';

/** Whoever guesses tokens must not fill the log. */
const LINE_INTERVAL_MS = 10_000;

export interface RefusedRequest {
  readonly code: AdminRefusal;
  /** The peer's address. */
  readonly client: string;
  /** As the table of routes says it, since what was asked for may hold a session's token. */
  readonly route: string;
  /** Why tokens cannot be read; undefined when they can. */
  readonly reason: string | undefined;
}

export class AdminRefusals {
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #counts = zeroes(ADMIN_REFUSALS);
  #toldAt = Number.NEGATIVE_INFINITY;
  #untold = 0;

  /** `now`: ms from any moment. */
  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  get counts(): Readonly<Counts<AdminRefusal>> {
    return this.#counts;
  }

  refused({ code, client, route, reason }: RefusedRequest): void {
    this.#counts[code]++;
    if (this.#now() - this.#toldAt < LINE_INTERVAL_MS) {
      this.#untold++;
      return;
    }
    this.#toldAt = this.#now();
    const untold = this.#untold || undefined;
    this.#untold = 0;
    this.#logger.warn({ code, client, route, reason, untold }, 'the admin listener refused a request');
  }
}
