/** A node of the soak as a process of its own, what can be done to it, and what it wrote down. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { type Child, launch, nodeCommand } from '../harness/process.ts';
import type { BenchNode } from '../harness/site.ts';
import type { NodeArguments, NodeRecord } from './protocol.ts';

const readyShape = z.object({ port: z.int(), control: z.int(), instance: z.string() });

export class SoakNode implements BenchNode {
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
    const args: NodeArguments = { name: this.name, port: this.#port, records: this.#records };
    this.#child = launch(nodeCommand('soak/node.js', JSON.stringify(args)), { cpu: undefined });
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

  /** Closes its listener and every connection, with all its sessions kept; `accept` undoes it. */
  refuse(): Promise<void> {
    return this.#order('refuse');
  }

  accept(): Promise<void> {
    return this.#order('accept');
  }

  records(): NodeRecord[] {
    if (!existsSync(this.#records)) return [];
    const lines = readFileSync(this.#records, 'utf8').split('\n');
    // A SIGKILL may have cut off the last line of an instance, with the first of the next one behind it.
    return lines.flatMap((line) =>
      line.endsWith('}') && line.startsWith('{') ? [JSON.parse(line) as NodeRecord] : [],
    );
  }

  #signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#child?.pid !== undefined) process.kill(this.#child.pid, signal);
  }

  async #order(what: 'refuse' | 'accept'): Promise<void> {
    const url = `http://127.0.0.1:${this.#control}/${what}`;
    const { statusCode, body } = await request(url, { method: 'POST', reset: true });
    await body.dump();
    if (statusCode !== 200) throw new Error(`${this.name} does not ${what}: ${statusCode}`);
  }
}
