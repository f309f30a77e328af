/** YAML 1.2 text → plain data, and for each value where it stands in the text. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml';
import type { KeyPath } from './key-path.ts';
import type { Position } from './problems.ts';

export interface YamlProblem {
  readonly path: KeyPath;
  readonly message: string;
  readonly position: Position;
}

export interface YamlSource {
  readonly value: unknown;
  /** Whether the text itself holds something at `path`, be it null. */
  has(path: KeyPath): boolean;
  /** Where the value at `path` begins, or else the nearest value around it. */
  positionOf(path: KeyPath): Position;
  /** Where the key at `path` stands, or else what `positionOf` says. */
  positionOfKey(path: KeyPath): Position;
}

export interface YamlReading {
  /** Absent when the text is no YAML at all, so that nothing can be said about its values. */
  readonly source?: YamlSource;
  readonly problems: readonly YamlProblem[];
}

const START: Position = { line: 1, column: 1 };
const MOST_SYNTAX_ERRORS = 10;

/**
 * Reads one document. Never throws: syntax errors, duplicate keys, foreign tags and alias bombs are problems.
 *
 * @param expected what the document should be, for one that is empty
 */
export function readYaml(text: string, expected = 'a mapping of options'): YamlReading {
  try {
    const lines = new LineCounter();
    // `uniqueKeys: false`: duplicates are found below, where both places and the path are known.
    const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const;
    const [document, second] = parseAllDocuments(text, options);
    if (document === undefined) return refused(`expected ${expected}, got an empty document`, START);
    return readDocument(document, second, lines, expected);
  } catch (error) {
    return refused(`not valid YAML: ${reasonOf(error)}`, START);
  }
}

function readDocument(
  document: Document.Parsed,
  second: Document.Parsed | undefined,
  lines: LineCounter,
  expected: string,
): YamlReading {
  if (document.errors.length > 0) return { problems: syntaxErrors(document, lines) };
  if (second !== undefined) return refused('expected one document, got a second one', at(lines, second.range[0]));
  if (isEmpty(document.contents)) return refused(`expected ${expected}, got an empty document`, START);
  const warnings = document.warnings.map(({ message, pos }) =>
    fault([], `not understood: ${message}`, at(lines, pos[0])),
  );
  const faults = new Faults(document, lines);
  faults.collect(document.contents, []);
  const problems = [...warnings, ...faults.problems];
  if (faults.unusable) return { problems };
  try {
    return { source: new DocumentSource(document, lines, document.toJS()), problems };
  } catch (error) {
    return { problems: [...problems, fault([], `not valid YAML: ${reasonOf(error)}`, START)] };
  }
}

/** The first of each line, and no more than a screen of them: one slip makes the parser stumble many times. */
function syntaxErrors(document: Document.Parsed, lines: LineCounter): readonly YamlProblem[] {
  const byLine = new Map<number, YamlProblem>();
  for (const error of document.errors) {
    const position = at(lines, error.pos[0]);
    if (byLine.size < MOST_SYNTAX_ERRORS && !byLine.has(position.line)) {
      byLine.set(position.line, fault([], `not valid YAML: ${reasonOf(error)}`, position));
    }
  }
  return [...byLine.values()];
}

/** What the parser lets pass and a configuration must not hold. */
class Faults {
  readonly problems: YamlProblem[] = [];
  /** An alias without its anchor or a key that is no text: the document has no plain value then. */
  unusable = false;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  collect(node: unknown, path: KeyPath): void {
    if (isAlias(node)) {
      if (node.resolve(this.#document) !== undefined) return;
      this.unusable = true;
      this.#report(node, path, `expected an alias of an anchor set before it, got *${node.source}`);
    } else if (isMap(node)) {
      this.#collectPairs(node, path);
    } else if (isCollection(node)) {
      node.items.forEach((item, index) => {
        this.collect(item, [...path, index]);
      });
    }
  }

  #collectPairs(map: YAMLMap, path: KeyPath): void {
    const seen = new Map<string, Position>();
    for (const pair of map.items) {
      if (!isScalar(pair.key)) {
        this.unusable = true;
        this.#report(pair.key, path, 'expected a plain key');
        continue;
      }
      const key = keyOf(pair);
      const below = [...path, key];
      const first = seen.get(key);
      if (first === undefined) seen.set(key, positionOfNode(pair.key, this.#lines));
      else this.#report(pair.key, below, `expected the key once, got it again (first on line ${first.line})`);
      this.collect(pair.value, below);
    }
  }

  #report(node: unknown, path: KeyPath, message: string): void {
    this.problems.push(fault(path, message, positionOfNode(node, this.#lines)));
  }
}

class DocumentSource implements YamlSource {
  readonly value: unknown;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(document: Document.Parsed, lines: LineCounter, value: unknown) {
    this.#document = document;
    this.#lines = lines;
    this.value = value;
  }

  has(path: KeyPath): boolean {
    return this.#descend(path).complete;
  }

  positionOf(path: KeyPath): Position {
    return positionOfNode(this.#descend(path).node, this.#lines);
  }

  positionOfKey(path: KeyPath): Position {
    const { pair, complete, node } = this.#descend(path);
    return positionOfNode(complete && pair ? pair.key : node, this.#lines);
  }

  /** Follows `path` as far as the document goes, through aliases too. */
  #descend(path: KeyPath): { readonly node: unknown; readonly pair?: Pair | undefined; readonly complete: boolean } {
    let node: unknown = this.#document.contents;
    let pair: Pair | undefined;
    for (const step of path) {
      const container = isAlias(node) ? node.resolve(this.#document) : node;
      const item: unknown = isMap(container)
        ? container.items.findLast((candidate) => keyOf(candidate) === String(step))
        : isCollection(container) && typeof step === 'number'
          ? container.items[step]
          : undefined;
      if (item === undefined) return { node, complete: false };
      pair = isPair(item) ? item : undefined;
      node = isPair(item) ? (item.value ?? item.key) : item;
    }
    return { node, pair, complete: true };
  }
}

function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

/** As `toJS` names the key. */
function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value ?? '') : '';
}

function positionOfNode(node: unknown, lines: LineCounter): Position {
  return at(lines, (node as Node | null)?.range?.[0] ?? 0);
}

function at(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return line === 0 ? START : { line, column: col };
}

function fault(path: KeyPath, message: string, position: Position): YamlProblem {
  return { path, message, position };
}

function refused(message: string, position: Position): YamlReading {
  return { problems: [fault([], message, position)] };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The parser recurses: text nested thousands deep overflows the stack, which it reports like a syntax error.
  return /call stack/i.test(error.message) ? 'nested too deeply' : error.message;
}
