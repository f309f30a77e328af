import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { after } from 'node:test';
import { Command } from 'commander';
import { skipWithout } from '../../config/testing/installed.ts';
import { addCommands } from './commands.ts';
import { completionScript, type Shell } from './completion.ts';

const NAME = 'cobrowse-proxy';

/** A program of that name, whose proxy has two nodes; a third when it is asked with another address and a token. */
const directory = mkdtempSync(join(tmpdir(), 'completion-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(
  join(directory, NAME),
  `#!/bin/sh
[ "$1" = complete-nodes ] || exit 1
shift
echo CB_1; echo CB_2
[ "$*" = '--admin http://10.0.0.1:9700 --token-file /a/token' ] && echo CB_3
exit 0
`,
  { mode: 0o755 },
);
const ELSEWHERE = ['--admin', 'http://10.0.0.1:9700', '--token-file', '/a/token'] as const;

function scriptFor(shell: Shell): string {
  const program = new Command(NAME);
  addCommands(program);
  return completionScript(program, shell);
}

function run(shell: Shell, args: readonly string[], script: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync(shell, [...args, script], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
    env: { ...process.env, PATH: `${directory}${delimiter}${process.env.PATH}` },
  });
  assert.deepEqual([status, stderr], [0, '']);
  return stdout.trim().split(/\s+/);
}

const CASES = [
  { typed: [''], offered: ['check', 'init', 'status', 'explain', 'drain', 'completion', 'help'] },
  { typed: ['st'], offered: ['status'], only: true },
  { typed: ['drain', '--d'], offered: ['--deadline'], only: true },
  { typed: ['explain', '--'], offered: ['--url', '--cookie', '--token', '--token-file', '--admin', '--help'] },
  { typed: ['completion', ''], offered: ['bash', 'zsh', 'fish'], only: true },
  { typed: ['help', 'ma'], offered: ['maintenance'], only: true },
  { typed: ['check', '--config', 'completion.te'], offered: ['completion.test.ts'], only: true },
  { typed: ['init', 'completion.te'], offered: ['completion.test.ts'], only: true },
  { typed: ['drain', '--admin', 'completion.te'], offered: [''], only: true },
  { typed: ['drain', ''], offered: ['CB_1', 'CB_2'], only: true },
  { typed: ['explain', '--cookie', 'CB_2'], offered: ['CB_2'], only: true },
  { typed: ['ready', ...ELSEWHERE, ''], offered: ['CB_1', 'CB_2', 'CB_3'], only: true },
] as const;

function sameWords(
  got: readonly string[],
  { offered, only = false }: { readonly offered: readonly string[]; readonly only?: boolean },
) {
  if (only) assert.deepEqual([...got].sort(), [...offered].sort());
  else
    assert.deepEqual(
      offered.filter((word) => !got.includes(word)),
      [],
    );
}

test('bash offers commands, options, choices and files', { skip: skipWithout('bash') }, () => {
  const script = scriptFor('bash');
  for (const { typed, ...offer } of CASES) {
    const words = [NAME, ...typed].map((word) => `'${word}'`).join(' ');
    const line = `COMP_LINE='${[NAME, ...typed].join(' ')}'`;
    const ask = `${line}; COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; _cobrowse_proxy; echo "\${COMPREPLY[*]}"`;
    sameWords(run('bash', ['--norc', '-c'], `${script}\n${ask}`), offer);
  }
  const joined = `COMP_WORDS=(${NAME} check --config = completion.te); COMP_CWORD=4; _cobrowse_proxy; echo "\${COMPREPLY[*]}"`;
  assert.deepEqual(run('bash', ['--norc', '-c'], `${script}\n${joined}`), ['completion.test.ts']);
});

test('fish offers commands, options, choices and files', { skip: skipWithout('fish') }, () => {
  const script = scriptFor('fish');
  for (const { typed, ...offer } of CASES) {
    const ask = `complete --do-complete '${[NAME, ...typed].join(' ')}' | string replace -r '\\t.*' ''; or true`;
    sameWords(run('fish', ['--no-config', '-c'], `${script}\n${ask}`), offer);
  }
});

test('zsh takes the script', { skip: skipWithout('zsh') }, () => {
  const begin = `autoload -U compinit; compinit -D -u\n${scriptFor('zsh')}`;
  run('zsh', ['-f', '-c'], `${begin}\nwhich _cobrowse_proxy >/dev/null`);
  // Outside of a widget there is nobody to offer them to.
  const words = ['ready', ...ELSEWHERE, ''].map((word) => `'${word}'`).join(' ');
  const ask = `compadd() { print -l -- \${(P)2} }; typed=${NAME}; words=(${words}); _cobrowse_proxy_nodes`;
  assert.deepEqual(run('zsh', ['-f', '-c'], `${begin}\n${ask}`), ['CB_1', 'CB_2', 'CB_3']);
});
