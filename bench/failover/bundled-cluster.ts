/** Two bundled nodes, compiled, that share their sessions through a Redis of their own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BASE, NODE_NAMES } from '../backend-facts.ts';
import { waitUntilReady } from '../harness/contender.ts';
import { type Child, launch, ROOT } from '../harness/process.ts';
import { type BenchNode, freePorts, type Place } from '../harness/site.ts';
import { missingRedis, RedisServer } from './redis-server.ts';
import { TrialDir } from './trial-dir.ts';

const NODE_PROGRAM = join(ROOT, 'dist/node/cli.js');

/** Why there can be no such cluster on this machine, or undefined when there can. */
export function missingForBundled(): string | undefined {
  return missingRedis() ?? (existsSync(NODE_PROGRAM) ? undefined : `${NODE_PROGRAM} is not there: npm run build`);
}

/** Whatever ends the process, all of it is gone afterwards. */
export class BundledCluster implements Place {
  readonly nodes: readonly BenchNode[];
  readonly redis: RedisServer;
  readonly pinning = { proxy: undefined, load: undefined };
  readonly #dir: TrialDir;
  #children: readonly Child[] = [];

  private constructor(dir: TrialDir, nodes: readonly BenchNode[], redis: RedisServer) {
    this.#dir = dir;
    this.nodes = nodes;
    this.redis = redis;
  }

  static async open(): Promise<BundledCluster> {
    const [redisPort = 0, first = 0, second = 0] = await freePorts(3);
    const dir = new TrialDir();
    const nodes = [
      { name: NODE_NAMES[0], port: first },
      { name: NODE_NAMES[1], port: second },
    ];
    const cluster = new BundledCluster(dir, nodes, new RedisServer(redisPort, dir.path));
    try {
      await cluster.#start();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  get dir(): string {
    return this.#dir.path;
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

  async #start(): Promise<void> {
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
}
