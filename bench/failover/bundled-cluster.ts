/** Two bundled nodes, compiled, that share their sessions through a Redis of their own. */
import { join } from 'node:path';
import { BASE, NODE_NAMES } from '../backend-facts.ts';
import { waitUntilReady } from '../harness/contender.ts';
import { type Child, launch, ROOT } from '../harness/process.ts';
import { ScratchDir } from '../harness/scratch-dir.ts';
import { type BenchNode, freePorts, type Place } from '../harness/site.ts';
import { RedisServer } from './redis-server.ts';

const NODE_PROGRAM = join(ROOT, 'dist/node/cli.js');

/** Whatever ends the process, all of it is gone afterwards. */
export class BundledCluster implements Place {
  readonly nodes: readonly BenchNode[];
  readonly redis: RedisServer;
  readonly pinning = { proxy: undefined, load: undefined };
  /** As the peers have: one may die. */
  readonly workers = 2;
  readonly #dir = new ScratchDir();
  #children: readonly Child[] = [];

  private constructor([redis = 0, first = 0, second = 0]: readonly number[]) {
    this.nodes = [
      { name: NODE_NAMES[0], port: first },
      { name: NODE_NAMES[1], port: second },
    ];
    this.redis = new RedisServer(redis, this.dir);
  }

  /** On free ports. */
  static async choose(): Promise<BundledCluster> {
    return new BundledCluster(await freePorts(3));
  }

  get dir(): string {
    return this.#dir.path;
  }

  async start(): Promise<void> {
    await this.redis.start();
    this.#children = this.nodes.map(({ name, port }) => {
      const options = ['--name', name, '--port', String(port), '--store', this.redis.url, '--log-level', 'error'];
      return launch([process.execPath, NODE_PROGRAM, 'start', ...options], { cpu: undefined });
    });
    await Promise.all(
      this.#children.map((child, index) =>
        waitUntilReady(child, `http://127.0.0.1:${this.nodes[index]?.port}${BASE}/health`),
      ),
    );
  }

  /** They keep no records. */
  arrivals(): [] {
    return [];
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill();
    await Promise.all([this.redis.kill(), ...this.#children.map(({ exited }) => exited)]);
    this.#dir.close();
  }
}
