/** What all contenders of one run share: the nodes, a temporary directory, and who runs on which CPU. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { z } from 'zod';
import { makeCertificate, type RunCertificate } from './certificate.ts';
import { type Child, findBinary, launch, nodeCommand } from './process.ts';
import { ScratchDir } from './scratch-dir.ts';

export type BenchNode = {
  readonly name: string;
  /** Unset: 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
};

export const addressOf = ({ host = '127.0.0.1', port }: BenchNode): string => `${host}:${port}`;

/** CPU numbers, or undefined where processes cannot be pinned. */
export type Pinning = {
  readonly proxy: number | undefined;
  readonly load: number | undefined;
  /** For contenders with several workers. */
  readonly more?: readonly number[];
};

/** What a contender's configuration is made of and for. */
export type Place = {
  readonly dir: string;
  readonly nodes: readonly BenchNode[];
  readonly pinning: Pinning;
  /** Or threads; unset: one. */
  readonly workers?: number | undefined;
  /** What this proxy's configuration has over its defaults. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The file that takes an access log; unset: none is written. */
  readonly accessLog?: string | undefined;
  /** With TLS, with this certificate; unset: plain HTTP. */
  readonly certificate?: RunCertificate | undefined;
};

const nodesShape = z.array(z.object({ name: z.string(), port: z.int() })).min(1);

/** Directory and nodes of one run. Whatever ends the process, both are gone afterwards. */
export class Site implements Place {
  readonly nodes: readonly BenchNode[];
  readonly pinning: Pinning;
  readonly #dir: ScratchDir;
  readonly #backend: Child;
  #certificate: RunCertificate | undefined;

  private constructor(dir: ScratchDir, nodes: readonly BenchNode[], pinning: Pinning, backend: Child) {
    this.#dir = dir;
    this.nodes = nodes;
    this.pinning = pinning;
    this.#backend = backend;
  }

  /** `size`: how many nodes; the usual three where nothing is said. */
  static async open(size?: number): Promise<Site> {
    const dir = new ScratchDir();
    const pinning = choosePinning();
    const backend = launch(nodeCommand('backend.js', ...(size === undefined ? [] : [String(size)])), {
      cpu: pinning.load,
    });
    const nodes = nodesShape.parse(JSON.parse(await backend.firstLine()));
    return new Site(dir, nodes, pinning, backend);
  }

  get dir(): string {
    return this.#dir.path;
  }

  /** The same for all that are to speak TLS. */
  certificateForAll(): RunCertificate {
    this.#certificate ??= makeCertificate(this.dir);
    return this.#certificate;
  }

  async close(): Promise<void> {
    await this.#backend.stop();
    this.#dir.close();
  }
}

/** Two CPUs: the contender gets one to itself, load generator and nodes share the other, the same for all. */
function choosePinning(): Pinning {
  const [proxy, load, ...more] = allowedCpus();
  if (proxy === undefined || load === undefined || findBinary('taskset') === undefined) {
    return { proxy: undefined, load: undefined };
  }
  return { proxy, load, more };
}

/** A CPU for each of so many workers. */
export function haveCpus({ more = [] }: Pinning, workers: number): boolean {
  return more.length >= workers - 1;
}

/** As a list for taskset: where there is none for each worker, all share one. */
export function proxyCpus({ pinning, workers = 1 }: Pick<Place, 'pinning' | 'workers'>): string | undefined {
  const { proxy, more = [] } = pinning;
  if (proxy === undefined) return undefined;
  return [proxy, ...(haveCpus(pinning, workers) ? more.slice(0, workers - 1) : [])].join();
}

function allowedCpus(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return list === undefined ? [] : parseCpuList(list);
  } catch {
    return [];
  }
}

/** `0-2,5` → `[0, 1, 2, 5]`, the kernel's list format (cpuset(7)). */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Loopback ports that are free now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((found, failed) => {
          server.once('error', failed);
          server.listen(0, '127.0.0.1', () => found((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}
