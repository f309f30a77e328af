import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { compiled } from '../testing/compiled.ts';
import { freePort } from '../testing/free-ports.ts';

const HOOK = compiled(new URL('drain-until-empty.ts', import.meta.url));
const NODE = compiled(new URL('../../node/cli.ts', import.meta.url));

test('the hook has the node drain, and ends with its last session', async (t) => {
  const port = await freePort();
  const environment = {
    COBROWSE_NODE_PORT: String(port),
    COBROWSE_NODE_DRAIN_NOTICE: '1s',
    // As nobody joins it, the session ends by itself.
    COBROWSE_NODE_SESSIONS_NEVER_JOINED: '3s',
  };
  const env = { ...process.env, ...environment };
  const node = spawn(process.execPath, [NODE, 'start'], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  t.after(() => node.kill('SIGKILL'));
  let log = '';
  node.stdout?.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const ended = once(node, 'close');
  await once(node, 'message');
  assert.equal((await fetch(`http://127.0.0.1:${port}/cobrowse/rest/live/sessions`, { method: 'POST' })).status, 200);
  const hook = spawn(process.execPath, [HOOK, String(node.pid)], { env, stdio: 'inherit' });
  t.after(() => hook.kill('SIGKILL'));
  assert.deepEqual(await once(hook, 'close'), [0, null]);
  const left = await fetch(`http://127.0.0.1:${port}/cobrowse/health`).then(
    ({ headers }) => headers.get('x-cobrowse-live-sessions'),
    () => 'none, for the node has ended',
  );
  assert.match(String(left), /^(?:0|none, .*)$/);
  assert.deepEqual(await ended, [0, null]);
  const told = log.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  assert.equal(told.find(({ msg }) => msg === 'session ended')?.cause, 'never_joined');
});

test('without a pid it touches nothing', () => {
  assert.equal(spawnSync(process.execPath, [HOOK, '']).status, 2);
});
