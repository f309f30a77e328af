/** This proxy alone, small and large: what a scenario compares instead of contenders. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { BASE, COOKIE } from '../backend-facts.ts';
import { cobrowseProxy } from '../contenders.ts';
import { type Running, start } from '../harness/contender.ts';
import { cpuMicros } from '../harness/cpu.ts';
import { Prover } from '../harness/prove.ts';
import type { Place, Site } from '../harness/site.ts';
import type { Target } from '../harness/target.ts';

export type Variant = {
  readonly name: string;
  readonly nodes: number;
  /** Of its configuration, over the defaults. */
  readonly settings?: Readonly<Record<string, unknown>>;
};

/** Where its configuration is. */
export const dirOf = (name: string, { dir }: Pick<Place, 'dir'>): string => join(dir, name.replaceAll(/\W+/g, '-'));

/** With one worker. */
export function startVariant({ name, nodes, settings }: Variant, site: Site): Promise<Running> {
  const dir = dirOf(name, site);
  mkdirSync(dir, { recursive: true });
  const { nodes: all, pinning } = site;
  const place = { dir, nodes: all.slice(0, nodes), pinning, ...(settings && { settings }) };
  return start({ name, prepare: cobrowseProxy.prepare }, place);
}

/** Each node's cookie leads to it. */
export async function proveBound(target: Target, names: readonly string[]): Promise<void> {
  const prover = new Prover(target);
  try {
    for (const name of names) {
      const { status, body } = await prover.ask(`${BASE}/answer`, { headers: { cookie: `${COOKIE}=${name}` } });
      prover.equal(`status for ${name}`, status, 200);
      prover.equal(`node for the cookie of ${name}`, JSON.parse(body.toString()).node, name);
    }
  } finally {
    await prover.close();
  }
}

const statusShape = z.object({ workers: z.array(z.object({ pid: z.int() })) });

export type Split = { readonly worker: number | undefined; readonly rest: number | undefined };

/** CPU microseconds so far, of the worker, and of primary and anchor together. */
export async function splitCpu({ pid, admin }: Running): Promise<() => Split> {
  const { body } = await request(`http://127.0.0.1:${admin}/status`, { reset: true });
  const worker = statusShape.parse(await body.json()).workers[0]?.pid ?? -1;
  return () => {
    const all = pid === undefined ? undefined : cpuMicros(pid);
    const own = cpuMicros(worker);
    return { worker: own, rest: all === undefined || own === undefined ? undefined : all - own };
  };
}

/** What `work` gave, and the CPU microseconds that it took of each. */
export async function withSplitCpu<T>(
  running: Running,
  work: () => Promise<T>,
): Promise<Split & { readonly result: T }> {
  const look = await splitCpu(running);
  const before = look();
  const result = await work();
  const after = look();
  return { worker: minus(after.worker, before.worker), rest: minus(after.rest, before.rest), result };
}

function minus(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before;
}
