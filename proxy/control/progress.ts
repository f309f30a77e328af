/** What a command says while it works: on a terminal one line that changes, elsewhere a line for each news. */

import type { Output } from './terminal.ts';

const CLEAR_LINE = '\r\u001b[K';

export class Progress {
  readonly #out: Output;
  readonly #errors: Output;
  #shown = '';

  constructor(out: Output, errors: Output) {
    this.#out = out;
    this.#errors = errors;
  }

  /**
   * How far it is, in the place of what was shown before. `countdown`: seconds that tick, which are no news in a log.
   */
  show(news: string, countdown = ''): void {
    const { isTTY } = this.#out;
    const shown = isTTY ? news + countdown : news;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#out.write(isTTY ? `${CLEAR_LINE}${shown}` : `${news}${countdown}\n`);
  }

  /** What has come of it. */
  say(text: string): void {
    this.#clear();
    this.#out.write(`${text}\n`);
  }

  warn(text: string): void {
    this.#clear();
    this.#errors.write(`cobrowse-proxy: ${text}\n`);
  }

  #clear(): void {
    if (this.#out.isTTY && this.#shown !== '') this.#out.write(CLEAR_LINE);
    this.#shown = '';
  }
}
