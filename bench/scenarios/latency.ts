import { ANSWER_BYTES } from '../backend-facts.ts';
import type { Running } from '../harness/contender.ts';
import { offered } from '../harness/load.ts';
import { proveRouting } from '../harness/prove.ts';
import { boundRequests } from './requests.ts';
import type { Drive, Means, Metric, Pace, Sample, Scenario } from './scenario.ts';

/** Whose closed loop says what much load is; the first contender's where it does not take part. */
const REFERENCE = 'nginx';
const SHARE = 0.5;

const added = { digits: 0, over: 'direct' };
const METRICS: readonly Metric[] = [
  { key: 'p50', title: 'latency p50, µs', ...added },
  { key: 'p99', title: 'latency p99, µs', ...added },
  { key: 'p999', title: 'latency p99.9, µs', ...added },
  { key: 'rate', title: 'requests per second', digits: 0 },
  { key: 'late', title: 'begun too late by the load generator, p99, µs', digits: 0, absolute: true },
];

export const latency: Scenario = {
  name: 'latency',
  summary: `GET with sticky cookie, ${ANSWER_BYTES} bytes of JSON, keep-alive, open loop`,
  metrics: METRICS,
  prove: proveRouting,
  pace,
  measure,
};

async function pace(contenders: readonly Running[], { generator, connections, seconds }: Means): Promise<Pace> {
  const reference = contenders.find(({ target }) => target.name === REFERENCE) ?? contenders[0];
  if (reference === undefined) throw new Error('nobody takes part');
  const { name, port } = reference.target;
  const { requests, seconds: took } = await generator.run({ port, requests: boundRequests(), connections, seconds });
  return { perSecond: (SHARE * requests) / took, basis: `half of what ${name} answers in a closed loop` };
}

async function measure({ target }: Running, { place, connections, seconds, perSecond }: Drive): Promise<Sample> {
  const load = { port: target.port, requests: boundRequests(), connections, seconds, perSecond };
  const { requests, seconds: took, p50, p99, p999, late } = await offered(load, place.pinning);
  return { p50, p99, p999, rate: requests / took, late };
}
