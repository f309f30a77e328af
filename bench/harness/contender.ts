/** A contender: something that answers on a port in front of the nodes. How it is started, found ready and stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { BASE } from '../backend-facts.ts';
import { type Child, launch } from './process.ts';
import { freePorts, type Place, proxyCpus, type Site } from './site.ts';
import { agentFor, originOf, type Target } from './target.ts';

const READY_PATIENCE_MS = 30_000;
const ANSWER_PATIENCE_MS = 1_000;
const POLL_MS = 50;
const START_ATTEMPTS = 3;
/** systemd's default of RestartSec. */
const RESTART_PAUSE_MS = 100;

export type Contender = {
  readonly name: string;
  /** Why it cannot take part on this machine, or undefined when it can. */
  readonly missing: () => string | undefined;
  /** It can write an access log. */
  readonly logs?: true;
  /** It can have any number of workers or threads. */
  readonly scales?: true;
  /** It can speak TLS. */
  readonly secures?: true;
  /** It passes bytes to the first node and knows no HTTP: for information, as the node itself. */
  readonly relays?: true;
  /** Writes its configuration below `site.dir` and says what to run. */
  readonly prepare: (site: Place, ports: Ports) => Launch;
};

/** Ports that a contender may bind. */
export type Ports = { readonly traffic: number; readonly admin: number };

export type Launch = {
  readonly command: readonly string[];
  /** Answers 200 as soon as the contender is ready; unset: `GET {base}/answer` through it. */
  readonly readyUrl?: string;
};

export type Running = {
  readonly target: Target;
  /** The root of its processes, another one after a restart, or undefined when there is none (the node itself). */
  readonly pid: number | undefined;
  /** Its port for operators; it listens there only if its configuration says so. */
  readonly admin: number;
  readonly stop: () => Promise<void>;
  /**
   * SIGKILL to the root of its processes alone, then started again as its supervisor would: at once, and whenever it
   * ends before it is ready. Resolves when it is; `onOrphansGone`: the last process that the root left behind has
   * ended.
   */
  readonly restart: (onOrphansGone: () => void) => Promise<void>;
};

/** What `start` needs to know of a contender. */
type Startable = Pick<Contender, 'name' | 'relays' | 'prepare'> & Pick<Target, 'single'>;

/** Starts a contender and waits until it is ready. Rejects with what it wrote when it does not become so. */
export async function start(contender: Startable, site: Place): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnFreePorts(contender, site);
    } catch (error) {
      // Any connection on the machine may take a port between its choice and the contender's bind.
      if (attempt === START_ATTEMPTS || !/already in use/i.test(String(error))) throw error;
    }
  }
}

async function startOnFreePorts(contender: Startable, site: Place): Promise<Running> {
  const [traffic = 0, admin = 0] = await freePorts(2);
  const ca = site.certificate?.ca;
  const answer = `${originOf({ port: traffic, ca })}${BASE}/answer`;
  const { command, readyUrl = answer } = contender.prepare(site, { traffic, admin });
  const run = async (): Promise<Child> => {
    const started = launch(command, { cpu: proxyCpus(site), output: site.accessLog });
    await waitUntilReady(started, readyUrl, ca);
    return started;
  };
  let child = await run();
  return {
    target: {
      name: contender.name,
      port: traffic,
      routes: contender.relays !== true,
      ca,
      single: contender.single,
      accessLog: site.accessLog,
    },
    get pid() {
      return child.pid;
    },
    admin,
    stop: () => child.stop(),
    async restart(onOrphansGone) {
      await child.killAlone();
      // They hold its output open.
      child.exited.then(onOrphansGone);
      child = await runAgain(run);
    },
  };
}

async function runAgain(run: () => Promise<Child>): Promise<Child> {
  const deadline = performance.now() + READY_PATIENCE_MS;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(RESTART_PAUSE_MS);
    }
  }
}

/** The first node without any proxy, for information: what load generator and node reach by themselves. */
export function direct(site: Site): Running {
  return {
    target: { name: 'direct', port: site.nodes[0]?.port ?? 0, routes: false },
    pid: undefined,
    admin: 0,
    stop: () => Promise.resolve(),
    restart: () => Promise.reject(new Error('the node itself has no supervisor')),
  };
}

/**
 * Resolves when `url` answers 200; `ca`: of its certificate. Rejects with what the process wrote when it ends first, or
 * takes too long.
 */
export async function waitUntilReady(child: Child, url: string, ca?: string): Promise<void> {
  let ended: string | undefined;
  child.exited.then((how) => {
    ended = how;
  });
  const deadline = performance.now() + READY_PATIENCE_MS;
  const agent = agentFor({ ca }, ANSWER_PATIENCE_MS);
  try {
    while (!(await answers(url, agent))) {
      if (ended !== undefined) throw child.failure(`${ended} before it was ready`);
      if (performance.now() > deadline) throw child.failure(`not ready after ${READY_PATIENCE_MS} ms (${url})`);
      await sleep(POLL_MS);
    }
  } finally {
    await agent.destroy();
  }
}

async function answers(url: string, agent: Dispatcher): Promise<boolean> {
  try {
    const { origin, pathname: path } = new URL(url);
    const { statusCode, body } = await agent.request({ origin, path, method: 'GET', reset: true });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
