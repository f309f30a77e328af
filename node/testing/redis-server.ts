/**
 * A private Redis for a test: a child process on a free loopback port, in a directory of its own, gone with the test.
 * Without the binary tests skip with a reason; with `REQUIRE_SERVICES=1` they run, and fail.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../config/testing/free-ports.ts';
import type { RedisTiming } from '../sessions/redis-connection.ts';

const BINARY = 'redis-server';
/** A free port may be taken by another test before Redis has it. */
const PORT_ATTEMPTS = 5;

/** For the `skip` option of tests. */
export const REDIS_SKIP: string | false =
  process.env.REQUIRE_SERVICES === '1' || spawnSync(BINARY, ['--version']).status === 0
    ? false
    : 'redis-server is not installed';

/**
 * For a node that is to notice at once that it is away, or after a while that it hangs: a busy machine is no outage.
 */
export const QUICK_TIMING: RedisTiming = { timeoutMs: 5_000, heartbeatMs: 50, firstRetryMs: 10, lastRetryMs: 100 };

/** Of `localhost`, and of no address, until 2120. The certificate's issuer is in `TLS_CA`, and trusted by nobody. */
const CERTIFICATE = testOnly('server.crt');
const KEY = testOnly('server.key');
export const TLS_CA = testOnly('ca.crt');

export interface RedisSettings {
  /** It speaks TLS alone, as `localhost`. */
  readonly tls?: boolean;
  /** More of its configuration: `--name value…`. */
  readonly args?: readonly string[];
}

export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  readonly #settings: RedisSettings;
  #child: ChildProcess | undefined;

  private constructor(port: number, directory: string, settings: RedisSettings) {
    this.port = port;
    this.#directory = directory;
    this.#settings = settings;
  }

  /** For one test; gone when it ends. */
  static async start(t: TestContext, settings: RedisSettings = {}): Promise<RedisServer> {
    const server = await RedisServer.launch(settings);
    t.after(() => server.dispose());
    return server;
  }

  /** For whoever disposes of it. */
  static async launch(settings: RedisSettings = {}): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'cobrowse-redis-'));
    for (let attempt = 1; ; attempt++) {
      const server = new RedisServer(await freePort(), directory, settings);
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
    const { tls = false, args: more = [] } = this.#settings;
    const port = String(this.port);
    const certificate = ['--tls-cert-file', CERTIFICATE, '--tls-key-file', KEY, '--tls-auth-clients', 'no'];
    const listen = tls ? ['--port', '0', '--tls-port', port, ...certificate] : ['--port', port];
    const quiet = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.#directory];
    const args = [...listen, ...quiet, ...more];
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

function testOnly(name: string): string {
  return fileURLToPath(new URL(`test-only-certificates/${name}`, import.meta.url));
}
