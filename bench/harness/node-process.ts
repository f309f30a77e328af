/** A node of a benchmark as a process of its own, and what can be done to it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { type Child, launch, nodeCommand } from './process.ts';
import type { BenchNode } from './site.ts';

/** What every such program takes, as one argument of JSON. */
export type NodeArguments = {
  readonly name: string;
  /** 0: any free one. */
  readonly port: number;
  /** The file that its records are appended to. */
  readonly records: string;
};

/** Its first line of output, as JSON. `control`: a port of its own, which no proxy knows; it takes orders by POST. */
export type NodeReady = { readonly port: number; readonly control: number };

const readyShape = z.object({ port: z.int(), control: z.int() });

export abstract class NodeProcess implements BenchNode {
  readonly name: string;
  readonly #records: string;
  #child: Child | undefined;
  #port = 0;
  #control = 0;

  constructor(name: string, dir: string) {
    this.name = name;
    this.#records = join(dir, `${name}.records`);
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it, at the port that it had before if any, as a new instance. Resolves when it listens. */
  async start(): Promise<void> {
    const args = this.argumentsWith({ name: this.name, port: this.#port, records: this.#records });
    this.#child = launch(nodeCommand(this.program, JSON.stringify(args)), { cpu: undefined });
    const { port, control } = readyShape.parse(JSON.parse(await this.#child.firstLine()));
    this.#port = port;
    this.#control = control;
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill();
    await this.#child?.exited;
  }

  /** SIGSTOP: the kernel still accepts its connections, and nobody answers. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** Relative to `dist/bench/`. */
  protected abstract readonly program: string;

  protected argumentsWith(common: NodeArguments): NodeArguments {
    return common;
  }

  /** What all its instances wrote down. */
  protected recorded(): string {
    return existsSync(this.#records) ? readFileSync(this.#records, 'utf8') : '';
  }

  /** Resolves when it has obeyed. */
  protected async order(what: string): Promise<void> {
    const url = `http://127.0.0.1:${this.#control}/${what}`;
    const { statusCode, body } = await request(url, { method: 'POST', reset: true });
    await body.dump();
    if (statusCode !== 200) throw new Error(`${this.name} does not obey ${what}: ${statusCode}`);
  }

  #signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#child?.pid !== undefined) process.kill(this.#child.pid, signal);
  }
}
