import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { compiled } from '../../config/testing/compiled.ts';
import type { ToPrimary } from './messages.ts';

const START = compiled(new URL('./testing/start-with-stubs.ts', import.meta.url));
for (const stub of ['primary', 'worker']) compiled(new URL(`./testing/stub-${stub}.ts`, import.meta.url));

const PREPARED = { type: 'prepared' };
const LISTENING = { type: 'listening', listeners: [], admin: { host: '127.0.0.1', port: 0 } };
const SERVES = [PREPARED, 'take-over', LISTENING];
const HOLD = { type: 'hold', id: 1, addresses: [{ host: '127.0.0.1', port: 0 }] };
const FORK = { type: 'fork', worker: 7, sockets: [] };

interface Heard {
  /** The first is 1. */
  readonly primary: number;
  readonly pid: number;
  readonly message: ToPrimary;
}

/** The anchor with primaries that follow scripts; see `testing/stub-primary.ts`. */
class Scene {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly heard: Heard[] = [];
  #news: () => void = () => {};

  private constructor(t: TestContext, script: string) {
    this.child = spawn(process.execPath, [START, script], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.exited = once(this.child, 'close').then(([code]) => code);
    const { stdout } = this.child;
    if (stdout !== null) {
      createInterface(stdout).on('line', (line) => {
        this.heard.push(JSON.parse(line));
        this.#news();
      });
    }
    t.after(async () => {
      this.child.kill('SIGKILL');
      await this.exited;
    });
  }

  /** `scripts`: one for each primary. */
  static async start(t: TestContext, ...scripts: readonly object[]): Promise<Scene> {
    const directory = await mkdtemp(join(tmpdir(), 'cobrowse-anchor-'));
    t.after(() => rm(directory, { recursive: true }));
    const file = join(directory, 'script');
    await writeFile(file, scripts.map((script) => JSON.stringify(script)).join('\n'));
    return new Scene(t, file);
  }

  /** Resolves to the first message of this type that this primary got. */
  async hears<Type extends ToPrimary['type']>(
    primary: number,
    type: Type,
  ): Promise<Extract<ToPrimary, { type: Type }> & { readonly from: number }> {
    for (;;) {
      for (const { primary: number, pid, message } of this.heard) {
        if (number === primary && isOf(message, type)) return { ...message, from: pid };
      }
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
  }
}

function isOf<Type extends ToPrimary['type']>(
  message: ToPrimary,
  type: Type,
): message is Extract<ToPrimary, { type: Type }> {
  return message.type === type;
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const refused = once(socket, 'error').then(() => true);
  const connected = once(socket, 'connect').then(() => false);
  const outcome = await Promise.race([refused, connected]);
  socket.destroy();
  return outcome;
}

describe('the anchor', () => {
  for (const [what, script] of Object.entries({ 'before it takes charge': [2], after: [PREPARED, 'take-over', 2] })) {
    it(`ends as the first primary does that cannot begin, ${what}`, async (t) => {
      const { exited } = await Scene.start(t, script);
      assert.equal(await exited, 2);
    });
  }

  it('gives the next primary what the one before left, and the workers', async (t) => {
    const memo = { any: 'thing' };
    const scene = await Scene.start(
      t,
      [...SERVES, FORK, 'said', { type: 'memo', memo }, 3],
      [...SERVES, { type: 'tell', worker: 7, message: 'hello' }],
    );
    const { pid } = await scene.hears(1, 'forked');
    const takeOver = await scene.hears(2, 'take-over');
    assert.deepEqual(takeOver.why, { kind: 'death', how: 'code 3' });
    assert.deepEqual(takeOver.workers, [{ id: 7, pid }]);
    assert.deepEqual(takeOver.memo, memo);
    assert.deepEqual((await scene.hears(2, 'said')).message, { echo: 'hello' });
  });

  it('has one primary in charge at a time: the new one when the old one has gone', async (t) => {
    const scene = await Scene.start(
      t,
      [...SERVES, 'superseded', { type: 'memo', memo: 'last words' }, 0],
      [{ type: 'memo', memo: 'too early' }, ...SERVES],
    );
    await scene.hears(1, 'take-over');
    scene.child.kill('SIGUSR2');
    const { why, memo } = await scene.hears(2, 'take-over');
    assert.deepEqual([why, memo], [{ kind: 'upgrade' }, 'last words']);
  });

  it('awaits no exit of one that has let go', async (t) => {
    const scene = await Scene.start(t, [...SERVES, 'superseded', { type: 'left' }, 'never'], [...SERVES]);
    await scene.hears(1, 'take-over');
    scene.child.kill('SIGUSR2');
    assert.deepEqual((await scene.hears(2, 'take-over')).why, { kind: 'upgrade' });
  });

  it('keeps the primary when the new one cannot begin, and nothing that this one had opened', async (t) => {
    const scene = await Scene.start(t, [...SERVES, 'upgrade-failed', HOLD], [HOLD, 'held', 4]);
    await scene.hears(1, 'take-over');
    scene.child.kill('SIGUSR2');
    assert.equal((await scene.hears(1, 'upgrade-failed')).how, 'code 4');
    const [opened] = (await scene.hears(2, 'held')).sockets;
    // Orders about sockets are followed in turn.
    await scene.hears(1, 'held');
    assert.ok(await isRefused(opened?.port ?? 0));
  });

  it('tries again when a primary died and the next one cannot begin', async (t) => {
    const scene = await Scene.start(t, [...SERVES, FORK, 'forked', 3], [5], [...SERVES]);
    const takeOver = await scene.hears(3, 'take-over');
    assert.equal(takeOver.workers.length, 1);
  });

  it('stops by its primary, whose exit code is its own, and lets workers that are left finish', async (t) => {
    const scene = await Scene.start(t, [...SERVES, FORK, 'said', 'stop', 6]);
    await scene.hears(1, 'said');
    scene.child.kill('SIGTERM');
    assert.equal((await scene.hears(1, 'stop')).signal, 'SIGTERM');
    assert.equal(await scene.exited, 6);
  });

  it('ends at the second signal whatever its primary does', async (t) => {
    const scene = await Scene.start(t, [...SERVES, FORK]);
    const { from } = await scene.hears(1, 'forked');
    process.kill(from, 'SIGSTOP');
    scene.child.kill('SIGTERM');
    scene.child.kill('SIGINT');
    assert.equal(await scene.exited, 1);
  });
});
