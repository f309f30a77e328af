/** A Redis of a trial's own: a child process on a loopback port, without persistence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, findBinary, launch } from '../harness/process.ts';

const READY = 'Ready to accept connections';
const PATIENCE_MS = 10_000;
const LOOK_MS = 10;

export function missingRedis(): string | undefined {
  return findBinary('redis-server') === undefined ? 'no redis-server on the PATH' : undefined;
}

export class RedisServer {
  readonly #port: number;
  readonly #dir: string;
  #child: Child | undefined;

  constructor(port: number, dir: string) {
    this.#port = port;
    this.#dir = dir;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** Empty, at its port. Resolves when it takes connections. */
  async start(): Promise<void> {
    const listen = ['--port', String(this.#port), '--bind', '127.0.0.1'];
    const command = [findBinary('redis-server') ?? 'redis-server', ...listen, '--save', '', '--dir', this.#dir];
    const child = launch(command, { cpu: undefined });
    this.#child = child;
    const deadline = performance.now() + PATIENCE_MS;
    let ended: string | undefined;
    child.exited.then((how) => {
      ended = how;
    });
    while (!child.stdout.includes(READY)) {
      if (ended !== undefined) throw child.failure(`${ended} before it was ready`);
      if (performance.now() > deadline) throw child.failure(`not ready after ${PATIENCE_MS} ms`);
      await sleep(LOOK_MS);
    }
  }

  /** SIGKILL; resolves when it is gone, with all it had. */
  async kill(): Promise<void> {
    this.#child?.kill();
    await this.#child?.exited;
  }
}
