/**
 * A private Redis for a test: a child process on a free loopback port, in a directory of its own, gone with the test.
 * Without the binary tests skip with a reason; with `REQUIRE_SERVICES=1` they run, and fail.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

const BINARY = 'redis-server';
/** A free port may be taken by another test before Redis has it. */
const PORT_ATTEMPTS = 5;

/** For the `skip` option of tests. */
export const REDIS_SKIP: string | false =
  process.env.REQUIRE_SERVICES === '1' || spawnSync(BINARY, ['--version']).status === 0
    ? false
    : 'redis-server is not installed';

export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.#directory = directory;
  }

  /** For one test; gone when it ends. */
  static async start(t: TestContext): Promise<RedisServer> {
    const server = await RedisServer.launch();
    t.after(() => server.dispose());
    return server;
  }

  /** For whoever disposes of it. */
  static async launch(): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'cobrowse-redis-'));
    for (let attempt = 1; ; attempt++) {
      const server = new RedisServer(await freePort(), directory);
      try {
        await server.run();
        return server;
      } catch (error) {
        if (attempt < PORT_ATTEMPTS) continue;
        await server.dispose();
        throw error;
      }
    }
  }

  /** A key prefix, or else the default one. */
  url(prefix?: string): string {
    return `redis://127.0.0.1:${this.port}${prefix === undefined ? '' : `?prefix=${prefix}`}`;
  }

  /** Starts it, empty, on its port. Resolves when it takes connections. */
  async run(): Promise<void> {
    assert.equal(this.#child, undefined);
    const listen = ['--port', String(this.port), '--bind', '127.0.0.1'];
    const args = [...listen, '--save', '', '--appendonly', 'no', '--dir', this.#directory];
    const child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    await once(child, 'spawn');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.includes('Ready to accept connections')) {
        child.stdout.resume();
        return;
      }
    }
    this.#child = undefined;
    throw new Error(`redis-server did not start: ${lines.join('\n')}`);
  }

  /** It is gone, with all it had. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Keeps its connections and says nothing, until `resume`. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  server.close();
  await once(server, 'close');
  return address.port;
}
