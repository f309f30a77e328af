/** The proxy under test: its processes, its configuration and how that is changed, and what it says of itself. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { stringify } from 'yaml';
import { z } from 'zod';
import { BASE, COOKIE } from '../backend-facts.ts';
import { launchProxy } from '../contenders.ts';
import { type Running, start } from '../harness/contender.ts';
import { freePorts } from '../harness/site.ts';
import type { ProcessSample } from './flat.ts';
import { lookAt } from './processes.ts';
import type { SoakNode } from './soak-node.ts';

export const WORKERS = 2;
const LOOK_MS = 50;
/** For what is bound to come, if late: beyond that something is wrong. */
const PATIENCE_MS = 60_000;

const statusShape = z.object({
  pid: z.int(),
  workers: z.array(z.object({ pid: z.int(), listeningSince: z.string().nullable(), retiring: z.boolean() })),
  traffic: z.object({ clientConnections: z.int(), inFlight: z.int(), tunnels: z.int() }),
  nodes: z.array(z.object({ name: z.string(), state: z.string(), connections: z.int() })),
});
export type ProxyStatus = z.output<typeof statusShape>;

/** What the soak changes of the configuration. */
export type Settings = {
  readonly without: string | undefined;
  readonly weights: readonly number[];
  readonly answerMinutes: number;
  readonly secondListener: boolean;
};

export class SoakProxy {
  readonly port: number;
  readonly #running: Running;
  readonly #file: string;
  readonly #write: (settings: Settings) => string;
  #settings: Settings;
  #text: string;
  #reloads = 0;

  private constructor(running: Running, file: string, settings: Settings, write: (settings: Settings) => string) {
    this.port = running.target.port;
    this.#running = running;
    this.#file = file;
    this.#settings = settings;
    this.#write = write;
    this.#text = write(settings);
  }

  /** Resolves when it serves. */
  static async start(dir: string, nodes: readonly SoakNode[]): Promise<SoakProxy> {
    const file = join(dir, 'proxy.yaml');
    const settings = { without: undefined, weights: [1], answerMinutes: 5, secondListener: false };
    const [extra = 0] = await freePorts(1);
    let write = (_: Settings): string => '';
    const running = await start(
      {
        name: 'cobrowse-proxy',
        prepare(_, { traffic, admin }) {
          write = (next) => stringify(configuration(nodes, { traffic, admin, extra }, next));
          writeFileSync(file, write(settings));
          return launchProxy(file, admin);
        },
      },
      { dir, nodes, pinning: { proxy: undefined, load: undefined } },
    );
    return new SoakProxy(running, file, settings, write);
  }

  async status(): Promise<ProxyStatus> {
    return statusShape.parse(JSON.parse(await this.#ask('GET', '/status')));
  }

  /** Resolves with the status as soon as it satisfies `holds`. Rejects with `what` when it does not come to. */
  async until(what: string, holds: (status: ProxyStatus) => boolean): Promise<ProxyStatus> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const status = await this.status();
      if (holds(status)) return status;
      if (Date.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms: ${JSON.stringify(status)}`);
      await sleep(LOOK_MS);
    }
  }

  /** All of its processes, as far as they live. */
  async processes(): Promise<ProcessSample[]> {
    const { pid: primary, workers } = await this.status();
    const anchor = this.#running.pid;
    return [
      anchor === undefined ? undefined : lookAt(anchor, 'anchor'),
      lookAt(primary, 'primary'),
      ...workers.map(({ pid }) => lookAt(pid, 'worker')),
    ].filter((sample) => sample !== undefined);
  }

  /** `order`: `drain`, `maintenance` or `ready`. */
  async order(node: string, order: string): Promise<void> {
    await this.#ask('POST', `/nodes/${node}/${order}`);
  }

  /** Resolves when the changed settings are in force, by one way of reloading after the other. */
  async reload(change: Partial<Settings>): Promise<void> {
    this.#settings = { ...this.#settings, ...change };
    const text = this.#write(this.#settings);
    if (text === this.#text) return;
    this.#text = text;
    writeFileSync(`${this.#file}.new`, text);
    this.#reloads++;
    const applied = await this.#applied();
    renameSync(`${this.#file}.new`, this.#file);
    // Every third one is left to the proxy's own look at the file.
    if (this.#reloads % 3 === 0) await this.#ask('POST', '/reload');
    else if (this.#reloads % 3 === 1) this.#signal('SIGHUP');
    const deadline = Date.now() + PATIENCE_MS;
    while ((await this.#applied()) === applied) {
      if (Date.now() > deadline) throw new Error(`reload ${this.#reloads} is not in force within ${PATIENCE_MS} ms`);
      await sleep(LOOK_MS);
    }
  }

  /** Primary and workers replaced by new ones; resolves when those serve. */
  async renew(): Promise<void> {
    const before = await this.status();
    this.#signal('SIGUSR2');
    await this.#succession(before);
  }

  /** SIGKILL to the primary; resolves when it and its workers are replaced. */
  async killPrimary(): Promise<void> {
    const before = await this.status();
    process.kill(before.pid, 'SIGKILL');
    await this.#succession(before);
  }

  /** SIGKILL to one that serves; resolves when another serves in its place. */
  async killWorker(which: number): Promise<void> {
    const serving = (await this.status()).workers.filter(({ retiring }) => !retiring);
    const victim = serving[which % serving.length];
    if (victim === undefined) return;
    process.kill(victim.pid, 'SIGKILL');
    await this.until('a replacement', ({ workers }) => {
      return workers.every(({ pid }) => pid !== victim.pid) && areWhole(workers);
    });
  }

  async stop(): Promise<void> {
    await this.#running.stop();
  }

  async #succession(before: ProxyStatus): Promise<void> {
    const old = new Set([before.pid, ...before.workers.map(({ pid }) => pid)]);
    await this.until('new processes', ({ pid: primary, workers }) => {
      return !old.has(primary) && workers.every(({ pid, retiring }) => retiring || !old.has(pid)) && areWhole(workers);
    });
  }

  async #applied(): Promise<number> {
    const text = await this.#ask('GET', '/metrics');
    return Number(/config_reloads_total\{result="applied"\} (\d+)/.exec(text)?.[1] ?? 0);
  }

  #signal(signal: 'SIGHUP' | 'SIGUSR2'): void {
    if (this.#running.pid !== undefined) process.kill(this.#running.pid, signal);
  }

  async #ask(method: 'GET' | 'POST', path: string): Promise<string> {
    const { statusCode, body } = await this.#askAgain(method, `http://127.0.0.1:${this.#running.admin}${path}`);
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
    return text;
  }

  /** Nobody answers between one primary and the next. */
  async #askAgain(method: 'GET' | 'POST', url: string): Promise<Dispatcher.ResponseData> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await request(url, { method, reset: true });
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : '';
        if ((code !== 'ECONNREFUSED' && code !== 'ECONNRESET') || Date.now() > deadline) throw error;
        await sleep(LOOK_MS);
      }
    }
  }
}

/** As many workers serve as there should be; those that finish what they have do not count. */
function areWhole(workers: ProxyStatus['workers']): boolean {
  return workers.filter(({ retiring, listeningSince }) => !retiring && listeningSince !== null).length === WORKERS;
}

function configuration(
  nodes: readonly SoakNode[],
  ports: { readonly traffic: number; readonly admin: number; readonly extra: number },
  { without, weights, answerMinutes, secondListener }: Settings,
): object {
  return {
    listeners: [{ port: ports.traffic }, ...(secondListener ? [{ port: ports.extra }] : [])],
    admin: { port: ports.admin },
    workers: WORKERS,
    base: BASE,
    // A busy machine is no fault: a node is hung when it is stopped, not when it is slow.
    affinity: { cookie: COOKIE, lookup: { timeout: '10s' } },
    health: { timeout: '3s' },
    // Connections that nobody uses are gone by the end, when files are counted.
    timeouts: { answer: `${answerMinutes}m`, nodeIdle: '5s' },
    log: { access: false },
    nodes: nodes
      .map(({ name, port }, index) => ({
        name,
        url: `http://127.0.0.1:${port}${BASE}`,
        weight: weights[index % weights.length] ?? 1,
      }))
      .filter(({ name }) => name !== without),
  };
}
