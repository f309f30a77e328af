/** Whether clients notice what is done to the proxy while it serves: reloads, orders, scrapes. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { parse, stringify } from 'yaml';
import { NODE_NAMES, nodeNames } from '../backend-facts.ts';
import { CONFIG_FILE } from '../contenders.ts';
import type { Running } from '../harness/contender.ts';
import { offered } from '../harness/load.ts';
import type { Place } from '../harness/site.ts';
import { boundHeads } from '../scenarios/requests.ts';
import type { Drive, Sample } from '../scenarios/scenario.ts';
import { MOST_NODES } from './nodes.ts';
import type { ScaleScenario } from './scale-scenario.ts';
import { dirOf, proveBound } from './variant.ts';

const PER_SECOND = 1_000;
const CONNECTIONS = 32;
/** From the beginning of one disturbance to the next: so that they are told from a machine that is busy with them. */
const AT_LEAST_MS = 20;

/** What is done again and again, one time after the other; `turn` counts them. */
type Disturbance = (running: Running, place: Place, turn: number) => Promise<void>;

const ORDERS = ['drain', 'ready', 'maintenance', 'ready'];

/** Another weight for every node, and another timeout. */
const reload: Disturbance = async (running, place, turn) => {
  const file = join(dirOf(running.target.name, place), CONFIG_FILE);
  const config = parse(readFileSync(file, 'utf8'));
  const nodes = config.nodes.map((node: object) => ({ ...node, weight: 1 + (turn % 2) }));
  writeFileSync(`${file}.new`, stringify({ ...config, nodes, timeouts: { idle: `${75 + (turn % 2)}s` } }));
  renameSync(`${file}.new`, file);
  await ask(running, 'POST', '/reload');
};

const transition: Disturbance = async (running, _, turn) => {
  const order = ORDERS[turn % ORDERS.length] ?? '';
  await ask(running, 'POST', `/nodes/${NODE_NAMES[0]}/${order}`);
};

const scrape: Disturbance = (running) => ask(running, 'GET', '/metrics');

const NOTHING: Disturbance = async () => {};

function steps(nodes: number): ScaleScenario {
  const disturbances = new Map<string, Disturbance>([
    [`nothing (${nodes} nodes)`, NOTHING],
    [`reloads (${nodes} nodes)`, reload],
    [`transitions (${nodes} nodes)`, transition],
    [`scrapes (${nodes} nodes)`, scrape],
  ]);
  return {
    name: `steps-${nodes}`,
    summary: `${PER_SECOND} GETs a second at fixed times over ${nodes} nodes, while one disturbance follows the other`,
    metrics: [
      { key: 'max', title: 'slowest, µs', digits: 0 },
      { key: 'p999', title: 'latency p99.9, µs', digits: 0 },
      { key: 'p50', title: 'latency p50, µs', digits: 0 },
      { key: 'late', title: 'begun too late by the load generator, p99, µs', digits: 0, absolute: true },
      { key: 'turns', title: 'disturbances in a round', digits: 0 },
    ],
    variants: Array.from(disturbances.keys(), (name) => ({ name, nodes })),
    prove: (target) => proveBound(target, nodeNames(nodes)),
    measure: (running, drive) => measure(running, drive, disturbances.get(running.target.name) ?? NOTHING, nodes),
  };
}

export const fewSteps = steps(NODE_NAMES.length);
export const manySteps = steps(MOST_NODES);

async function measure(running: Running, drive: Drive, disturb: Disturbance, nodes: number): Promise<Sample> {
  const requests = boundHeads('GET', '/answer', '', nodeNames(nodes));
  const { seconds, place } = drive;
  const load = { port: running.target.port, requests, connections: CONNECTIONS, perSecond: PER_SECOND, seconds };
  let over = false;
  const ended = offered(load, place.pinning).finally(() => {
    over = true;
  });
  let turns = 0;
  const disturbing = (async () => {
    // An even number, so that each round begins with the same configuration and with the node ready.
    for (; !over || turns % ORDERS.length !== 0; turns++) {
      await Promise.all([disturb(running, place, turns), sleep(AT_LEAST_MS)]);
    }
  })();
  const [{ max, p999, p50, late }] = await Promise.all([ended, disturbing]);
  return { max, p999, p50, late, turns };
}

async function ask({ admin }: Running, method: 'GET' | 'POST', path: string): Promise<void> {
  const { statusCode, body } = await request(`http://127.0.0.1:${admin}${path}`, { method });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
}
