/** The programs' own command lines in shell code: whether their commands and options are there. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { addFlags } from '../node/flags.ts';
import { addCommands } from '../proxy/control/commands.ts';
import { ROOT } from './pages.ts';

const ALWAYS = ['--help', '--version'];

/** Command → options. */
const PROXY = commandsOf(addCommands, { start: ['--config'] });
const NODE = commandsOf((program) => {
  for (const name of ['start', 'check']) addFlags(program.command(name));
});
const SCRIPTS = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))).scripts;

const PROXY_LINE = /(?:^|(?<!-t)[\s'"(])(?:cobrowse-proxy|node dist\/proxy\/cli\.js)(?![^\s'")])((?: +[^\s;|&`)]+)*)/g;
const NODE_LINE = /(?:^|(?<!-t)[\s'"(])(?:cobrowse-node|node dist\/node\/cli\.js)(?![^\s'")])((?: +[^\s;|&`)]+)*)/g;
const NPM_LINE = /(?:^|[\s'"(`])npm (?:run (?:--silent )?([\w:]+)|(start|test|ci)\b)(?: -- ([^\n;|&`)]*))?/g;

/** What is wrong with the command lines in a piece of shell code; a backslash at the end of a line goes on. */
export function mistakesIn(shell: string): readonly string[] {
  const text = shell.replaceAll('\\\n', ' ').replace(/ #.*$/gm, '');
  return [
    ...Array.from(text.matchAll(PROXY_LINE), ([, words = '']) => mistakeIn(words, PROXY)),
    ...Array.from(text.matchAll(NODE_LINE), ([, words = '']) => mistakeIn(words, NODE)),
    ...Array.from(text.matchAll(NPM_LINE), ([, script, own = '', words = '']) => scriptMistake(script ?? own, words)),
  ].filter((mistake) => mistake !== undefined);
}

type Commands = ReadonlyMap<string, readonly string[]>;

function mistakeIn(words: string, commands: Commands): string | undefined {
  const [name = '', ...others] = words.trim().split(/ +/);
  if (name === '' || ALWAYS.includes(name)) return undefined;
  const options = commands.get(name);
  if (options === undefined) return `no command ${name}`;
  const unknown = others.find((word) => word.startsWith('--') && !options.includes(word) && !ALWAYS.includes(word));
  return unknown === undefined ? undefined : `${name} has no option ${unknown}`;
}

function scriptMistake(name: string, words: string): string | undefined {
  if (name === 'ci') return undefined;
  const script = SCRIPTS[name];
  if (script === undefined) return `npm has no script ${name}`;
  const options = words.split(/ +/).filter((word) => word.startsWith('--'));
  if (options.length === 0) return undefined;
  // What a script takes, and says in its help, stands beside it.
  const [, file = ''] = / (?:dist\/)?(\S+)\.[jt]s$/.exec(script) ?? [];
  const place = join(ROOT, dirname(file), 'options.ts');
  const told = existsSync(place) ? readFileSync(place, 'utf8') : '';
  const unknown = options.find((option) => !ALWAYS.includes(option) && !told.includes(`${option} `));
  return unknown === undefined ? undefined : `npm run ${name} has no option ${unknown}`;
}

function commandsOf(add: (program: Command) => void, more: Readonly<Record<string, readonly string[]>> = {}): Commands {
  const program = new Command();
  add(program);
  const commands = program.commands.map(
    (command) => [command.name(), command.options.flatMap(({ long }) => long ?? [])] as const,
  );
  return new Map([...commands, ...Object.entries(more)]);
}
