/** The pages of the project: every Markdown file, wherever it stands, and what is in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../', import.meta.url));

const NOT_OURS = ['node_modules', 'dist', '.git'];

export interface Page {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Code between fences, with the words behind the opening one. */
export interface Fence {
  readonly language: string;
  readonly words: readonly string[];
  /** Ends with a line feed. */
  readonly code: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

export function allPages(): readonly Page[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.includes(name))
    .flatMap((entry) =>
      entry.isDirectory()
        ? readdirSync(join(ROOT, entry.name), { recursive: true, encoding: 'utf8' }).map((name) =>
            join(entry.name, name),
          )
        : [entry.name],
    )
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ path: name.replaceAll(sep, '/'), text: readFileSync(join(ROOT, name), 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function fencesIn(text: string): readonly Fence[] {
  return [...text.matchAll(/^( *)```(\S*)(.*)\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indent = '', language = '', words = '', code = ''] = match;
    return {
      language,
      words: words.trim() === '' ? [] : words.trim().split(/\s+/),
      code: code.replace(new RegExp(`^${indent}`, 'gm'), ''),
      line: text.slice(0, match.index).split('\n').length + 1,
    };
  });
}

/** The text without code between fences: what is prose, tables and headings. */
export function proseOf(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```$/gm, '');
}

/** The text below a heading, to the next one. */
export function sectionOf(text: string, heading: string): string {
  return text.split(new RegExp(`^##+ ${heading}\\n`, 'm'))[1]?.split(/^##+ /m)[0] ?? '';
}

/** The rows of tables whose first cell is code: the code spans of each cell. */
export function codeRows(text: string): readonly (readonly (readonly string[])[])[] {
  const spans = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map(spans),
    );
}

/** Where a link of a page leads, from the root. */
export function targetOf(page: string, link: string): string {
  return relative(ROOT, join(ROOT, dirname(page), link)).replaceAll(sep, '/');
}
