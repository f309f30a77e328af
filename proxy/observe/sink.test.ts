import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { compiled } from '../../config/testing/compiled.ts';

const WRITER = compiled(new URL('./testing/write-lines.ts', import.meta.url));
const NODE = [process.execPath, WRITER] as const;

/** Runs a shell command with a real pipe in it; node:child_process itself would use sockets. */
async function shell(t: TestContext, command: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return promisify(execFile)('/bin/sh', ['-c', command], { signal: t.signal, maxBuffer: 8 * 1024 * 1024 });
}

test('a reader that is gone ends neither the writer nor its log: what is lost is counted', async (t) => {
  const { stderr } = await shell(t, `${NODE.join(' ')} 200 | true`);
  const { dropped } = JSON.parse(stderr);
  assert.ok(dropped > 0 && dropped <= 200, String(dropped));
});

test('a reader that has stalled costs lines and nothing else; the writer ends all the same', async () => {
  // The shell keeps the pipe open and never reads.
  const child = spawn('/bin/sh', ['-c', `{ ${NODE.join(' ')} 20000; echo "code $?" >&2; } | sleep 60`], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let stderr = '';
  for await (const chunk of child.stderr) {
    stderr += chunk;
    if (stderr.includes('code')) break;
  }
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await once(child, 'exit');
  const [report = '', code] = stderr.trim().split('\n');
  assert.equal(code, 'code 0');
  assert.ok(JSON.parse(report).dropped > 0);
});

test('lines of several writers in one pipe stay whole', async (t) => {
  const writer = NODE.join(' ');
  // On a busy machine a writer may give up before all is written: then once more.
  for (let count = 0; count < 4000; ) {
    const { stdout } = await shell(t, `{ ${writer} 2000 & ${writer} 2000 & wait; } | cat`);
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^\{x{500}\}$/);
    count = lines.length;
  }
});
