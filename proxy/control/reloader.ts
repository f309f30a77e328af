/**
 * Loads the configuration again and has it applied, one reload after the other, whoever asks for it. One that is not
 * valid, or cannot be applied, changes nothing and says why.
 */
import { formatProblem } from '../../config/problems.ts';
import { type Counts, RELOAD_RESULTS, type ReloadResult, zeroes } from '../observe/labels.ts';
import type { Logger } from '../observe/log.ts';
import type { Caller } from './caller.ts';
import { describeError } from './describe-error.ts';
import type { LoadedProxy, ProxyLoadResult } from './load.ts';

export type ReloadOutcome =
  /** `changed`: options of the first level, and `certificates`. */
  | { readonly result: 'applied'; readonly changed: readonly string[] }
  | { readonly result: 'unchanged' }
  /** A line for each problem. */
  | { readonly result: 'invalid'; readonly problems: readonly string[] }
  | { readonly result: 'failed'; readonly message: string };

/** Reads the configuration from where the program was told that it is. */
export type LoadProxy = () => ProxyLoadResult;

export interface ReloaderOptions {
  readonly load: LoadProxy;
  /** Resolves to what changed. Rejects when it cannot be done: then all is as it was. */
  readonly apply: (loaded: LoadedProxy) => Promise<readonly string[]>;
  readonly logger: Logger;
}

type Asked = Partial<Caller> & { readonly why: string };

export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #counts = zeroes(RELOAD_RESULTS);
  #lastSucceeded = true;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  get counts(): Readonly<Counts<ReloadResult>> {
    return this.#counts;
  }

  /** What is configured is in force. */
  get lastSucceeded(): boolean {
    return this.#lastSucceeded;
  }

  /** `why`, and `by` whom, for the log. Never rejects. */
  reload(why: string, by?: Caller): Promise<ReloadOutcome> {
    return this.inTurn(() => this.#reload({ why, ...by }));
  }

  /** Runs what must not meet a reload half-way, after those that were asked for before. */
  inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }

  async #reload(asked: Asked): Promise<ReloadOutcome> {
    const outcome = await this.#outcome();
    this.#counts[outcome.result]++;
    this.#lastSucceeded = outcome.result === 'applied' || outcome.result === 'unchanged';
    this.#tell(asked, outcome);
    return outcome;
  }

  async #outcome(): Promise<ReloadOutcome> {
    const { load, apply, logger } = this.#options;
    try {
      const loaded = load();
      if (!loaded.ok) return { result: 'invalid', problems: loaded.problems.map(formatProblem) };
      for (const warning of loaded.certificates.warnings) logger.warn(warning);
      const changed = await apply(loaded);
      return changed.length === 0 ? { result: 'unchanged' } : { result: 'applied', changed };
    } catch (error) {
      return { result: 'failed', message: describeError(error).message };
    }
  }

  #tell(asked: Asked, outcome: ReloadOutcome): void {
    const { logger } = this.#options;
    switch (outcome.result) {
      case 'applied':
        logger.info(
          { ...asked, changed: outcome.changed },
          `new configuration in force: ${outcome.changed.join(', ')}`,
        );
        break;
      case 'unchanged':
        logger.info(asked, 'the configuration has not changed');
        break;
      case 'invalid':
        for (const problem of outcome.problems) logger.error(asked, `configuration not taken: ${problem}`);
        break;
      case 'failed':
        logger.error(asked, `configuration not taken: ${outcome.message}`);
        break;
    }
  }
}
