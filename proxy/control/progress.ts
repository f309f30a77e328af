/** What a command says while it works: on a terminal one line that changes, elsewhere a line for each news. */

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const CLEAR_LINE = '\r\u001b[K';

export class Progress {
  readonly #out: Output;
  readonly #errors: Output;
  #shown = '';

  constructor(out: Output, errors: Output) {
    this.#out = out;
    this.#errors = errors;
  }

  /** How far it is, in the place of what was shown before. */
  show(text: string): void {
    if (text === this.#shown) return;
    if (this.#out.isTTY) this.#out.write(`${CLEAR_LINE}${text}`);
    // Seconds that tick are no news in a log.
    else if (withoutTime(text) !== withoutTime(this.#shown)) this.#out.write(`${text}\n`);
    this.#shown = text;
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

function withoutTime(text: string): string {
  return text.replace(/, \d+ s .*$/, '');
}
