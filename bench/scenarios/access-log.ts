import { readFileSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWER_BYTES, BASE } from '../backend-facts.ts';
import { Prover, proveRouting } from '../harness/prove.ts';
import type { Target } from '../harness/target.ts';
import { boundRequests, exchangeMetrics, measureRequests } from './requests.ts';
import type { Scenario } from './scenario.ts';

/** Contenders gather lines; none waits longer than this to write them. */
const PATIENCE_MS = 5_000;
const LOOK_MS = 50;

export const accessLog: Scenario = {
  name: 'access-log',
  summary: `GET with sticky cookie, ${ANSWER_BYTES} bytes of JSON, keep-alive, one line for each request in a file`,
  metrics: exchangeMetrics('request'),
  accessLog: true,
  async prove(target) {
    await proveRouting(target);
    if (target.routes) await proveLogged(target);
  },
  async measure(contender, drive) {
    const sample = await measureRequests(contender, drive, boundRequests());
    // A round of a fast contender writes some 50 MB.
    if (contender.target.accessLog !== undefined) truncateSync(contender.target.accessLog);
    return sample;
  },
};

async function proveLogged(target: Target): Promise<void> {
  // Nine digits in a row would be a session's token, which is masked.
  const path = `${BASE}/logged-${Date.now() % 1e8}`;
  const prover = new Prover(target);
  try {
    await prover.ask(path);
    const deadline = performance.now() + PATIENCE_MS;
    while (linesWith(path, target) === 0 && performance.now() < deadline) await sleep(LOOK_MS);
    prover.equal('lines in the access log for one request', linesWith(path, target), 1);
  } finally {
    await prover.close();
  }
}

function linesWith(path: string, { accessLog: file = '' }: Target): number {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(path)).length;
}
