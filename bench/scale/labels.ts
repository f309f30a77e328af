import { request } from 'undici';
import { BASE, COOKIE, nodeNames, SESSIONS } from '../backend-facts.ts';
import type { Running } from '../harness/contender.ts';
import type { Target } from '../harness/target.ts';
import { expectOk, sendAll } from '../load/send-all.ts';
import { boundHeads } from '../scenarios/requests.ts';
import type { Drive, Sample } from '../scenarios/scenario.ts';
import { MOST_NODES } from './nodes.ts';
import { COST, measureCost, type ScaleScenario } from './scale-scenario.ts';
import { proveBound, type Variant, withSplitCpu } from './variant.ts';

/** Those that nodes use, whose answers have bodies. */
const STATUSES = [200, 201, 203, 206, 301, 302, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 415, 429, 500, 502];
/** One for each class that nodes answer. */
const PATHS: readonly (readonly [method: string, path: string])[] = [
  ['POST', SESSIONS],
  ['GET', `${SESSIONS}/a`],
  ['GET', `${BASE}/rest/live/users/a/session/stop`],
  ['GET', `${BASE}/cometd/a`],
  ['GET', `${BASE}/a`],
];
const SCRAPES = 5;

const FEW: Variant = { name: '300 nodes', nodes: MOST_NODES };
const ALL: Variant = {
  name: '300 nodes, all labels',
  nodes: MOST_NODES,
  settings: { health: { outliers: { errors: 0 } } },
};

export const labels: ScaleScenario = {
  name: 'labels',
  summary: `as nodes-bound, after each node has answered each class with ${STATUSES.length} statuses`,
  metrics: COST,
  variants: [FEW, ALL],
  prove,
  measure: (running, drive) => measureCost(running, drive, boundHeads('GET', '/answer', '', nodeNames(MOST_NODES))),
};

export const scrapes: ScaleScenario = {
  name: 'scrapes',
  summary: `${SCRAPES} scrapes of /metrics in a row, no other traffic`,
  metrics: [
    { key: 'worker', title: 'CPU of the worker, ms per scrape', digits: 1 },
    { key: 'rest', title: 'CPU of primary and anchor, ms per scrape', digits: 1 },
    { key: 'millis', title: 'ms until it is answered', digits: 1 },
    { key: 'held', title: 'longest wait of /live meanwhile, ms', digits: 1 },
    { key: 'series', title: 'series', digits: 0 },
  ],
  variants: [{ name: '3 nodes', nodes: 3 }, FEW, ALL],
  prove,
  measure: measureScrapes,
};

async function prove(target: Target): Promise<void> {
  const names = nodeNames(target.name.startsWith('3 ') ? 3 : MOST_NODES);
  await proveBound(target, names);
  if (target.name !== ALL.name) return;
  const { port } = target;
  for (const name of names) {
    const requests = STATUSES.flatMap((status) => PATHS.map((path) => asking(path, name, status)));
    await sendAll({ port, connections: 1, next: () => requests.pop() });
  }
}

function asking([method, path]: (typeof PATHS)[number], node: string, status: number): Buffer {
  const length = method === 'POST' ? 'Content-Length: 0\r\n' : '';
  const head = `${method} ${path}?status=${status} HTTP/1.1\r\nHost: a\r\nCookie: ${COOKIE}=${node}\r\n${length}\r\n`;
  return Buffer.from(head, 'latin1');
}

async function measureScrapes(running: Running, _: Drive): Promise<Sample> {
  let series = 0;
  let over = false;
  const began = performance.now();
  const { worker, rest, result } = await withSplitCpu(running, async () => {
    const held = longestWait(running.admin, () => over);
    for (let count = 0; count < SCRAPES; count++) series = seriesIn(await ask(running.admin, '/metrics'));
    const millis = (performance.now() - began) / SCRAPES;
    over = true;
    return { millis, held: await held };
  });
  return { worker: worker && worker / SCRAPES / 1e3, rest: rest && rest / SCRAPES / 1e3, ...result, series };
}

/** What answers at once shows for how long the primary does nothing else. */
async function longestWait(admin: number, over: () => boolean): Promise<number> {
  let longest = 0;
  while (!over()) {
    const began = performance.now();
    await ask(admin, '/live');
    longest = Math.max(longest, performance.now() - began);
  }
  return longest;
}

async function ask(admin: number, path: string): Promise<string> {
  const { statusCode, body } = await request(`http://127.0.0.1:${admin}${path}`);
  const text = await body.text();
  expectOk(statusCode);
  return text;
}

function seriesIn(text: string): number {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}
