/** How commands write: tables in columns, and colours where somebody sees them. */
import { styleText } from 'node:util';

export interface Output {
  readonly isTTY?: boolean;
  /** Of a terminal: heeds NO_COLOR, FORCE_COLOR and TERM. */
  hasColors?(): boolean;
  write(text: string): unknown;
}

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';
export type Paint = (style: Style, text: string) => string;

export function paintFor(out: Output): Paint {
  if (!out.isTTY || !out.hasColors?.()) return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

export interface Cell {
  readonly text: string;
  readonly style: Style;
}

export type Row = readonly (string | Cell)[];

/** Without a line end after the last row. */
export function table(headings: readonly string[], rows: readonly Row[], paint: Paint): string {
  const all = [headings.map((text): Cell => ({ text, style: 'bold' })), ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => textOf(row[column]).length)));
  const lineOf = (row: Row): string => {
    // What is painted has bytes that take no room, so the room is made outside; nothing trails.
    const last = row.findLastIndex((cell) => textOf(cell) !== '');
    const cells = row.slice(0, last + 1).map((cell, column) => {
      const text = textOf(cell);
      const painted = typeof cell === 'string' || text === '' ? text : paint(cell.style, text);
      return column === last ? painted : painted + ' '.repeat((widths[column] ?? 0) - text.length);
    });
    return cells.join('  ');
  };
  return all.map(lineOf).join('\n');
}

function textOf(cell: string | Cell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '');
}

const STEPS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/**
 * Milliseconds as a person takes them in: `55 ms`, `2.4 s`, `31 s`, `5 min`, `3 h`, `2 d`; above 2 of a unit, in that.
 */
export function roughly(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  for (const [unit, length] of STEPS) if (ms >= 2 * length) return `${Math.floor(ms / length)} ${unit}`;
  return `${Math.round(ms / 1000)} s`;
}
