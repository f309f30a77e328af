/** Configuration files of NGINX as a tree of directives: what its own parser reads, without what they mean. */

export interface Directive {
  /** Its name and arguments, without quotes. */
  readonly words: readonly string[];
  /** From 1. */
  readonly line: number;
  /** Empty for one that ends with a semicolon. */
  readonly block: readonly Directive[];
}

export type NginxReading =
  | { readonly ok: true; readonly directives: readonly Directive[] }
  | { readonly ok: false; readonly line: number; readonly message: string };

const PIECE =
  /\s+|#[^\n]*|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|(?<mark>[{};])|(?<word>(?!["'])(?:\\.|\$\{[^}]*\}|[^\s;{}])+)/sy;

interface Open {
  readonly words: readonly string[];
  readonly line: number;
  readonly block: Directive[];
}

export function readNginx(text: string): NginxReading {
  const piece = new RegExp(PIECE);
  const open: Open[] = [{ words: [], line: 1, block: [] }];
  let words: string[] = [];
  let line = 1;
  while (piece.lastIndex < text.length) {
    const at = piece.lastIndex;
    const match = piece.exec(text);
    if (match === null) return { ok: false, line, message: 'expected the quote to be closed' };
    const { double, single, mark, word } = match.groups ?? {};
    const said = double ?? single ?? word;
    const around = open.at(-1);
    if (said !== undefined) words.push(word === undefined ? said.replace(/\\(["'\\])/g, '$1') : said);
    else if (mark === '{') {
      open.push({ words, line, block: [] });
      words = [];
    } else if (mark === ';') {
      if (words.length > 0) around?.block.push({ words, line, block: [] });
      words = [];
    } else if (mark === '}') {
      if (words.length > 0) return { ok: false, line, message: 'expected ; before }' };
      const closed = open.pop();
      const outer = open.at(-1);
      if (closed === undefined || outer === undefined) return { ok: false, line, message: 'this } closes nothing' };
      outer.block.push(closed);
    }
    for (let index = text.indexOf('\n', at); index !== -1 && index < piece.lastIndex; ) {
      line++;
      index = text.indexOf('\n', index + 1);
    }
  }
  const [file] = open;
  if (words.length > 0 || open.length > 1) return { ok: false, line, message: 'the file ends in the middle' };
  return { ok: true, directives: file?.block ?? [] };
}
