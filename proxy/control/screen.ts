/** A text on a terminal that changes again and again, and is never larger than the terminal. */
import type { Output } from './terminal.ts';

export interface ScreenOutput extends Output {
  readonly rows?: number;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** The alternate screen, without cursor, and with lines cut at its edge: DEC private modes 1049, 25 and 7. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const ROWS = 24;

export class Screen {
  readonly #out: ScreenOutput;
  readonly #draw = (): void => this.#write();
  #text: string | undefined;

  constructor(out: ScreenOutput) {
    this.#out = out;
  }

  show(text: string): void {
    if (this.#text === undefined) {
      this.#out.write(ENTER);
      this.#out.on?.('resize', this.#draw);
    }
    this.#text = text;
    this.#write();
  }

  /** The terminal is as it was before, and what was shown last stands on it, all of it. */
  close(): void {
    if (this.#text === undefined) return;
    this.#out.off?.('resize', this.#draw);
    this.#out.write(`${LEAVE}${this.#text}\n`);
    this.#text = undefined;
  }

  #write(): void {
    const { rows = ROWS } = this.#out;
    const lines = this.#text?.split('\n') ?? [];
    const hidden = lines.length - rows + 1;
    const shown = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${hidden} more lines`];
    this.#out.write(`${HOME}${shown.map((line) => CLEAR_LINE + line).join('\r\n')}${CLEAR_BELOW}`);
  }
}
