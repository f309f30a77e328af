/** The commands of the runbook, each as it stands there, before a running cluster. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { skipWithout } from '../config/testing/installed.ts';
import { CLI } from './control/testing/proxy-process.ts';
import { startNodeProcess } from './testing/node-process.ts';
import { nodesAt, startProxy } from './testing/running-proxy.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../', import.meta.url));

test('every command of the runbook does what it should', { skip: skipWithout('curl') }, async (t) => {
  const runbook = await readFile(new URL('../config/deploy/RUNBOOK.md', import.meta.url), 'utf8');
  const commands = [...runbook.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
  assert.ok(commands.length > 5);
  const nodes = await Promise.all(['CB_Server_1', 'CB_Server_2'].map((name) => startNodeProcess(t, { name })));
  const { admin } = await startProxy(t, { workers: 1, nodes: nodesAt(nodes) });
  const here = `http://127.0.0.1:${admin}`;
  for (const command of commands) {
    const script = command
      .replace(/^cobrowse-proxy (?!check)(.*)$/, `cobrowse-proxy $1 --admin ${here}`)
      .replace(/^cobrowse-proxy/, `"${process.execPath}" "${CLI}"`)
      .replaceAll('http://127.0.0.1:9700', here);
    // Resolves when it exits with 0.
    const { stdout } = await run('sh', ['-c', script], { cwd: ROOT });
    assert.ok(stdout.length > 0, command);
  }
});
