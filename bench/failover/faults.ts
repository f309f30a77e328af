/** The faults: what is done to the nodes (or to the proxy), and how it is undone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import type { Running } from '../harness/contender.ts';
import type { Cluster } from './cluster.ts';
import { OURS } from './contenders.ts';

export type Scene = { readonly cluster: Cluster; readonly contender: Running };

export type Fault = {
  readonly name: string;
  readonly summary: string;
  /** The nodes whose channels it takes; `none` when it strikes the proxy itself. */
  readonly strikes: 'victim' | 'all' | 'none';
  /** The victim comes back as another instance, so its sessions are lost. */
  readonly newInstance: boolean;
  /** Requests wait at it unread: a balancer that resets its connection takes them from the node's records. */
  readonly unread?: boolean;
  /** Undefined: every contender. */
  readonly only?: string;
  /** Resolves when the fault is in force. */
  readonly strike: (scene: Scene) => Promise<void>;
  /** Resolves when what was struck works again. Unset: it does so by the end of `strike`. */
  readonly heal?: (scene: Scene) => Promise<void>;
};

const RESTART_AFTER_MS = 300;
const FLAP_MS = 700;

/** A fault that the node itself plays. */
const mode = (name: 'slow' | 'resetting' | 'errors' | 'deaf' | 'refusing', summary: string): Fault => ({
  name,
  summary,
  strikes: 'victim',
  newInstance: false,
  strike: ({ cluster }) => cluster.victim.become(name),
  heal: ({ cluster }) => cluster.victim.become('ok'),
});

const killed: Fault = {
  name: 'killed',
  summary: 'SIGKILL, started again as a new instance at the end',
  strikes: 'victim',
  newInstance: true,
  strike: ({ cluster }) => cluster.victim.kill(),
  heal: ({ cluster }) => cluster.victim.start(),
};

const hung: Fault = {
  name: 'hung',
  summary: 'SIGSTOP, at the end SIGCONT',
  strikes: 'victim',
  newInstance: false,
  unread: true,
  strike: async ({ cluster }) => cluster.victim.freeze(),
  heal: async ({ cluster }) => cluster.victim.thaw(),
};

const restarted: Fault = {
  name: 'restarted',
  summary: 'SIGKILL, and soon back at the same port as a new instance',
  strikes: 'victim',
  newInstance: true,
  async strike({ cluster }) {
    await cluster.victim.kill();
    await sleep(RESTART_AFTER_MS);
    await cluster.victim.start();
  },
};

const allDown: Fault = {
  name: 'all-down',
  summary: 'all three nodes SIGKILLed, at the end started again',
  strikes: 'all',
  newInstance: true,
  strike: async ({ cluster }) => void (await Promise.all(cluster.nodes.map((node) => node.kill()))),
  heal: async ({ cluster }) => void (await Promise.all(cluster.nodes.map((node) => node.start()))),
};

const flapping = (): Fault => {
  let over = new AbortController();
  let flaps: Promise<void> = Promise.resolve();
  return {
    name: 'flapping',
    summary: `refuses for ${FLAP_MS} ms, works for ${FLAP_MS} ms, and so on`,
    strikes: 'victim',
    newInstance: false,
    async strike({ cluster }) {
      over = new AbortController();
      await cluster.victim.become('refusing');
      flaps = flap(cluster, over.signal);
    },
    async heal({ cluster }) {
      over.abort();
      await flaps;
      await cluster.victim.become('ok');
    },
  };
};

async function flap(cluster: Cluster, over: AbortSignal): Promise<void> {
  for (let working = true; ; working = !working) {
    await sleep(FLAP_MS);
    if (over.aborted) return;
    await cluster.victim.become(working ? 'ok' : 'refusing');
  }
}

const statusShape = z.object({ workers: z.array(z.object({ pid: z.int() })).min(1) });

const workerKilled: Fault = {
  name: 'worker-killed',
  summary: 'SIGKILL to one of the two workers of the proxy',
  strikes: 'none',
  newInstance: false,
  only: OURS,
  async strike({ contender }) {
    const { body } = await request(`http://127.0.0.1:${contender.admin}/status`, { reset: true });
    const [worker] = statusShape.parse(await body.json()).workers;
    if (worker !== undefined) process.kill(worker.pid, 'SIGKILL');
  },
};

export const FAULTS: readonly Fault[] = [
  killed,
  hung,
  mode('slow', 'every answer 300 ms late'),
  mode('resetting', 'every connection reset after half an answer'),
  mode('refusing', 'listener and connections closed, open again at the end, the same instance'),
  mode('errors', '500 on everything, /health as well'),
  mode('deaf', 'well at /health, silent elsewhere'),
  restarted,
  allDown,
  flapping(),
  workerKilled,
];
