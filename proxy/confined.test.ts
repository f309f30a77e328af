/**
 * What the proxy needs of its machine: no root, no capability, no disk that it can write to but for its state file, and
 * no code made of text. Run in a mount namespace, which takes root to make; skipped elsewhere.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { compiled } from '../config/testing/compiled.ts';
import { ProxyProcess, startNode } from './control/testing/proxy-process.ts';
import { ask } from './testing/http-client.ts';
import { until } from './testing/until.ts';

const NOBODY = 65_534;
const NO_CODE = '--disallow-code-generation-from-strings';

/**
 * The arguments are the directory of Node.js, the project's, and one with the configuration and below it `state`, the
 * only place that can be written to. `$0 "$@"` is `sh` and what to run.
 */
const CONFINE = `
set -e
mount -t tmpfs -o mode=755 none /mnt
mkdir /mnt/node /mnt/app /mnt/etc
mount --bind "$1" /mnt/node
mount --bind "$2" /mnt/app
mount --bind "$3" /mnt/etc
mount --bind "$3/state" /mnt/etc/state
for point in $(cut -d ' ' -f 2 /proc/self/mounts); do
  if [ "$point" != /mnt/etc/state ]; then mount -o remount,ro,bind "$point" 2>/dev/null || true; fi
done
for place in / /tmp /dev/shm /mnt /mnt/app /mnt/etc; do
  if touch "$place/proof" 2>/dev/null; then echo "$place can be written to" >&2; exit 9; fi
done
exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups --bounding-set -all --inh-caps -all --no-new-privs \\
  /mnt/node/node ${NO_CODE} /mnt/app/dist/proxy/cli.js start --config /mnt/etc/proxy.yaml
`;

const SKIP = spawnSync('unshare', ['--mount', 'setpriv', '--version']).status === 0 ? false : 'no mount namespaces';

async function startConfined(t: TestContext, config: object): Promise<{ proxy: ProxyProcess; state: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-confined-'));
  t.after(() => rm(directory, { recursive: true }));
  await chmod(directory, 0o755);
  await mkdir(join(directory, 'state'));
  await chown(join(directory, 'state'), NOBODY, NOBODY);
  await writeFile(join(directory, 'proxy.yaml'), JSON.stringify(config));
  const project = join(dirname(compiled(new URL('./cli.ts', import.meta.url))), '../..');
  const args = ['--mount', 'sh', '-c', CONFINE, 'sh', dirname(process.execPath), project, directory];
  return { proxy: new ProxyProcess(t, args, { command: 'unshare' }), state: join(directory, 'state', 'state.json') };
}

async function statusOf(pid: number): Promise<Readonly<Record<string, string>>> {
  const lines = (await readFile(`/proc/${pid}/status`, 'utf8')).split('\n');
  return Object.fromEntries(lines.map((line) => line.split(':\t')));
}

test('it serves, drains, reloads and is upgraded without root, without a disk and without code of text', {
  skip: SKIP,
}, async (t) => {
  const node = await startNode(t, 'the node');
  const { proxy, state } = await startConfined(t, {
    listeners: [{ port: 0 }],
    admin: { port: 0 },
    workers: 1,
    stateFile: '/mnt/etc/state/state.json',
    nodes: [{ name: 'a', url: node.url }],
  });
  const { listeners, admin } = await proxy.listening();
  const port = listeners[0]?.port ?? 0;
  assert.equal((await ask(port, { path: '/cobrowse/x' })).body, 'the node');
  assert.equal((await ask(admin.port, { path: '/metrics' })).status, 200);
  const drained = await ask(admin.port, { method: 'POST', path: '/nodes/a/drain' });
  assert.equal(JSON.parse(drained.body).persisted, true, drained.body);
  assert.equal(JSON.parse(await readFile(state, 'utf8')).nodes.a.state, 'draining');
  assert.equal((await ask(admin.port, { method: 'POST', path: '/reload' })).status, 200);
  proxy.child.kill('SIGUSR2');
  await proxy.says(/all workers are new/);
  const status = await until(
    async () => JSON.parse((await ask(admin.port, { path: '/status' })).body),
    ({ workers }) => workers.length === 1,
  );
  assert.equal((await ask(port, { path: '/cobrowse/x' })).body, 'the node');

  for (const pid of [proxy.child.pid ?? 0, status.pid, status.workers[0].pid]) {
    const { Uid, Gid, CapPrm, CapEff, CapBnd, NoNewPrivs } = await statusOf(pid);
    assert.deepEqual([Uid, Gid], Array(2).fill(Array(4).fill(NOBODY).join('\t')));
    assert.deepEqual([CapPrm, CapEff, CapBnd].map(Number), [0, 0, 0]);
    assert.equal(NoNewPrivs, '1');
    assert.ok((await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').includes(NO_CODE), `process ${pid}`);
  }
  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 0, proxy.stderr);
});
