/** The faults of nodes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { COOKIE } from '../backend-facts.ts';
import type { Cluster } from './cluster.ts';
import { OURS } from './contenders.ts';
import type { RecordedFault } from './fault.ts';
import { closeHole, HOLE_HOST, missingHole, openHole } from './hole.ts';

const RESTART_AFTER_MS = 300;
const FLAP_MS = 700;
/** A long collection of garbage, a virtual machine that is moved. */
const PAUSE_MS = 1_000;
/** `affinity.reconnectGrace` where the default would make the trial long. */
export const SHORT_GRACE_MS = 2_000;

/** A fault that the node itself plays. */
const mode = (name: 'slow' | 'resetting' | 'errors' | 'deaf' | 'refusing', summary: string): RecordedFault => ({
  name,
  summary,
  strikes: 'victim',
  strike: ({ cluster }) => cluster.victim.become(name),
  heal: ({ cluster }) => cluster.victim.become('ok'),
});

const killed: RecordedFault = {
  name: 'killed',
  summary: 'SIGKILL, started again as a new instance at the end',
  strikes: 'victim',
  strike: ({ cluster }) => cluster.victim.kill(),
  heal: ({ cluster }) => cluster.victim.start(),
};

const lost: RecordedFault = {
  name: 'lost',
  summary: `SIGKILL and never back, with a reconnectGrace of ${SHORT_GRACE_MS} ms`,
  strikes: 'victim',
  only: OURS,
  settings: () => ({ affinity: { cookie: COOKIE, reconnectGrace: `${SHORT_GRACE_MS}ms` } }),
  strike: ({ cluster }) => cluster.victim.kill(),
  heal: () => Promise.resolve(),
};

const hung: RecordedFault = {
  name: 'hung',
  summary: 'SIGSTOP, at the end SIGCONT',
  strikes: 'victim',
  unread: true,
  strike: async ({ cluster }) => cluster.victim.freeze(),
  heal: async ({ cluster }) => cluster.victim.thaw(),
};

const paused: RecordedFault = {
  name: 'paused',
  summary: `SIGSTOP for ${PAUSE_MS} ms`,
  strikes: 'victim',
  unread: true,
  async strike({ cluster }) {
    cluster.victim.freeze();
    await sleep(PAUSE_MS);
    cluster.victim.thaw();
  },
};

const blackHoled: RecordedFault = {
  name: 'black-holed',
  summary: 'all packets to and from its address dropped, in a network namespace of its own',
  strikes: 'victim',
  unread: true,
  victimHost: HOLE_HOST,
  missing: missingHole,
  strike: openHole,
  heal: closeHole,
};

const restarted: RecordedFault = {
  name: 'restarted',
  summary: 'SIGKILL, and soon back at the same port as a new instance',
  strikes: 'victim',
  async strike({ cluster }) {
    await cluster.victim.kill();
    await sleep(RESTART_AFTER_MS);
    await cluster.victim.start();
  },
};

const allDown: RecordedFault = {
  name: 'all-down',
  summary: 'all three nodes SIGKILLed, at the end started again',
  strikes: 'all',
  strike: async ({ cluster }) => void (await Promise.all(cluster.nodes.map((node) => node.kill()))),
  heal: async ({ cluster }) => void (await Promise.all(cluster.nodes.map((node) => node.start()))),
};

const flapping = (): RecordedFault => {
  let over = new AbortController();
  let flaps: Promise<void> = Promise.resolve();
  return {
    name: 'flapping',
    summary: `refuses for ${FLAP_MS} ms, works for ${FLAP_MS} ms, and so on`,
    strikes: 'victim',
    async strike({ cluster }) {
      over = new AbortController();
      await cluster.victim.become('refusing');
      flaps = flap(cluster, over.signal);
      // It is heard of in `heal`; until then a rejection that nobody handles would end the process.
      flaps.catch(() => {});
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

export const NODE_FAULTS: readonly RecordedFault[] = [
  killed,
  lost,
  hung,
  paused,
  blackHoled,
  mode('slow', 'every answer 300 ms late'),
  mode('resetting', 'every connection reset after half an answer'),
  mode('refusing', 'listener and connections closed, open again at the end, the same instance'),
  mode('errors', '500 on everything, /health as well'),
  mode('deaf', 'well at /health, silent elsewhere'),
  restarted,
  allDown,
  flapping(),
];
