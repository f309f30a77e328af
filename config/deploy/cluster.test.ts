import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ChildSpec } from './child.ts';
import { type Listening, type Pids, runCluster } from './cluster.ts';

const FAKE_CHILD = fileURLToPath(new URL('testing/fake-child.mjs', import.meta.url));

function fake(name: string, ...args: string[]): ChildSpec {
  return { name, module: FAKE_CHILD, args, execArgv: [] };
}

/** A cluster of fakes whose every line is recorded. Whatever a failing test leaves behind is killed. */
class Scene {
  readonly lines: string[] = [];
  readonly signals = new EventEmitter();
  readonly code: Promise<number>;
  pids: Pids | undefined;
  readonly #printed = new EventEmitter();

  constructor(t: TestContext, nodes: readonly ChildSpec[], proxy: ChildSpec) {
    const print = (line: string): void => {
      this.lines.push(line);
      this.#printed.emit('line');
    };
    const welcome = (listening: Listening, pids: Pids): string => {
      this.pids = pids;
      return `welcome ${JSON.stringify(listening)}`;
    };
    this.code = runCluster({ nodes, proxy, welcome }, { out: print, err: (line) => print(`! ${line}`) }, this.signals);
    t.after(async () => {
      this.signals.emit('SIGTERM');
      this.signals.emit('SIGTERM');
      await this.code;
    });
  }

  async until(pattern: RegExp): Promise<void> {
    while (!this.lines.some((line) => pattern.test(line))) await once(this.#printed, 'line');
  }
}

const NODES = [fake('one'), fake('two')];

test('nodes, then the proxy; after a signal the proxy, then the nodes, and 0', async (t) => {
  const scene = new Scene(t, NODES, fake('proxy'));
  await scene.until(/^welcome/);
  assert.deepEqual(scene.lines.toSorted(), [
    'one   | starting',
    'proxy | starting',
    'two   | starting',
    'welcome {"proxy":{"type":"listening","port":1},"nodes":[{"type":"listening","port":1},{"type":"listening","port":1}]}',
  ]);
  assert.equal(scene.lines.at(-1)?.startsWith('welcome'), true);
  scene.signals.emit('SIGINT');
  assert.equal(await scene.code, 0);
  assert.deepEqual(scene.lines.slice(4, 5), ['proxy | got SIGTERM']);
  assert.deepEqual(scene.lines.slice(5).toSorted(), ['one   | got SIGTERM', 'two   | got SIGTERM']);
});

test('every node that does not start is told in its own words, one line each, and the rest stopped', async (t) => {
  const scene = new Scene(t, [fake('one', 'fail'), fake('two'), fake('three', 'fail')], fake('proxy'));
  assert.equal(await scene.code, 1);
  const reason = 'did not start: cannot listen on 127.0.0.1:1: the port is in use';
  assert.deepEqual(scene.lines, [`! one ${reason}`, `! three ${reason}`]);
});

test('a proxy that does not start stops the nodes', async (t) => {
  const scene = new Scene(t, NODES, fake('proxy', 'fail'));
  assert.equal(await scene.code, 1);
  assert.deepEqual(scene.lines, ['! proxy did not start: cannot listen on 127.0.0.1:1: the port is in use']);
});

test('a node that ends later is told, and the others go on', async (t) => {
  const scene = new Scene(t, NODES, fake('proxy'));
  await scene.until(/^welcome/);
  process.kill(scene.pids?.nodes[0] ?? 0, 'SIGKILL');
  await scene.until(/^! one ended/);
  assert.equal(scene.lines.at(-1), '! one ended (SIGKILL); the cluster goes on without it');
  scene.signals.emit('SIGTERM');
  assert.equal(await scene.code, 0);
  assert.ok(scene.lines.includes('two   | got SIGTERM'));
});

test('without its proxy a cluster is none', async (t) => {
  const scene = new Scene(t, NODES, fake('proxy', 'die'));
  await scene.until(/^welcome/);
  process.kill(scene.pids?.proxy ?? 0, 'SIGUSR2');
  assert.equal(await scene.code, 1);
  assert.ok(scene.lines.includes('! proxy ended (exit code 7); stopping the nodes'));
});

test('a signal while starting stops what has started', async (t) => {
  const scene = new Scene(t, [fake('one'), fake('two', 'silent')], fake('proxy'));
  setTimeout(() => scene.signals.emit('SIGTERM'), 200);
  assert.equal(await scene.code, 0);
  assert.deepEqual(scene.lines, []);
});

test('a second signal does not wait', async (t) => {
  const scene = new Scene(t, NODES, fake('proxy', 'stubborn'));
  await scene.until(/^welcome/);
  scene.signals.emit('SIGINT');
  await scene.until(/^proxy \| got SIGTERM/);
  scene.signals.emit('SIGINT');
  assert.equal(await scene.code, 0);
});
