/** What `init` asks at a terminal. */
import { createInterface } from 'node:readline/promises';
import type { Draft, DraftListener, DraftNode } from '../../config/draft.ts';
import { nodeName, nodeUrl, path } from '../../config/scalars.ts';
import { parseAddress } from './parse-address.ts';

/** What has been said by flags, and is not asked. */
interface Said {
  readonly listen?: DraftListener;
  readonly base?: string;
}

/** Text: what is wrong with the answer. */
type Reading<T> = { readonly value: T } | string;

const BASE = path('/cobrowse');

/** undefined: whoever was asked has gone, with Ctrl-C or Ctrl-D. */
export async function askDraft(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  draft: Draft,
  said: Said,
): Promise<Draft | undefined> {
  const lines = createInterface({ input, output });
  // What is typed or pasted ahead waits for its question.
  const typed = lines[Symbol.asyncIterator]();
  const ask = async <T>(question: string, read: (text: string) => Reading<T>): Promise<T | undefined> => {
    lines.setPrompt(`${question}: `);
    for (;;) {
      lines.prompt();
      const line = await typed.next();
      if (line.done) return undefined;
      const reading = read(line.value.trim());
      if (typeof reading !== 'string') return reading.value;
      output.write(`${reading}\n`);
    }
  };
  try {
    return await askAll(ask, draft, said);
  } finally {
    lines.close();
  }
}

/** undefined: gone. */
type Ask = <T>(question: string, read: (text: string) => Reading<T>) => Promise<T | undefined>;

async function askAll(ask: Ask, draft: Draft, said: Said): Promise<Draft | undefined> {
  const [first] = draft.listeners;
  const at = first && `${first.host}:${first.port}`;
  const listener =
    said.listen ?? (await ask(`Where clients come in, host:port [${at}]`, (text) => readListener(text || at)));
  if (listener === undefined) return undefined;
  const base =
    said.base ??
    (await ask(`Where clients find the web application [${draft.base}]`, (text) => readBase(text || draft.base)));
  if (base === undefined) return undefined;
  const nodes: DraftNode[] = [];
  for (;;) {
    const question = nodes.length === 0 ? 'Name of a node, as its cookie says' : 'Name of another node, or nothing';
    const name = await ask(question, (text) =>
      text === '' && nodes.length > 0 ? { value: '' } : readName(text, nodes),
    );
    if (name === '') return { ...draft, listeners: [listener], base, nodes };
    const url = name && (await ask(`URL of ${name}, such as http://10.0.0.1:8700/cobrowse`, readUrl));
    if (!name || !url) return undefined;
    nodes.push({ name, url });
  }
}

function readListener(text = ''): Reading<DraftListener> {
  const address = parseAddress(text);
  return address ? { value: address } : 'expected an address such as 0.0.0.0:8700';
}

function readBase(text: string): Reading<string> {
  return BASE.safeParse(text).success ? { value: text } : 'expected a path such as /cobrowse, or / for the root';
}

function readName(text: string, nodes: readonly DraftNode[]): Reading<string> {
  if (nodes.some(({ name }) => name === text)) return `there is a ${text} already`;
  const read = nodeName.safeParse(text);
  return read.success ? { value: text } : (read.error.issues[0]?.message ?? 'expected a name');
}

function readUrl(text: string): Reading<string> {
  const read = nodeUrl.safeParse(text);
  return read.success ? { value: text } : (read.error.issues[0]?.message ?? 'expected a URL');
}
