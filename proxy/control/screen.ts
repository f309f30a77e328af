/** A text on a terminal that changes again and again, and is never larger than the terminal. */
import type { Output } from './terminal.ts';

export interface ScreenOutput extends Output {
  readonly rows?: number;
  readonly columns?: number;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** The alternate screen, without cursor: DEC private modes 1049 and 25. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const PLAIN = '\u001b[0m';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const ROWS = 24;
const COLUMNS = 80;

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
    const { rows = ROWS, columns = COLUMNS } = this.#out;
    const lines = this.#text?.split('\n') ?? [];
    const hidden = lines.length - rows + 1;
    const shown = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${hidden} more lines`];
    this.#out.write(`${HOME}${shown.map((line) => CLEAR_LINE + cut(line, columns)).join('\r\n')}${CLEAR_BELOW}`);
  }
}

/** Colours take no room. */
function cut(line: string, columns: number): string {
  let room = columns;
  let at = 0;
  while (at < line.length && room > 0) {
    if (line[at] === '\u001b') at = line.indexOf('m', at) + 1;
    else {
      at++;
      room--;
    }
  }
  return at < line.length ? line.slice(0, at) + PLAIN : line;
}
