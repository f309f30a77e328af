/** What clients send, and what a round of small exchanges in a closed loop gives. */
import { BASE, COOKIE, HOST, NODE_NAMES } from '../backend-facts.ts';
import type { Running } from '../harness/contender.ts';
import { cpuMicros } from '../harness/cpu.ts';
import type { Target } from '../harness/target.ts';
import type { Load, LoadResult } from '../load/load.ts';
import type { Drive, Metric, Sample } from './scenario.ts';

/** One for each node, as a browser that is bound to it sends it. */
export function boundRequests(headers = ''): string[] {
  return boundHeads('GET', '/answer', headers);
}

/** `headers`: whole lines; `names`: of the nodes that they are bound to. */
export function boundHeads(
  method: string,
  path: string,
  headers = '',
  names: readonly string[] = NODE_NAMES,
): string[] {
  return names.map(
    (node) =>
      `${method} ${BASE}${path} HTTP/1.1\r\nHost: ${HOST}\r\nAccept: application/json\r\n` +
      `Cookie: ${COOKIE}=${node}\r\n${headers}\r\n`,
  );
}

/** `unit`: of what the load counts as a request. */
export const exchangeMetrics = (unit: string): readonly Metric[] => [
  { key: 'cpu', title: `CPU, µs per ${unit}`, digits: 1 },
  { key: 'rate', title: `${unit}s per second`, digits: 0 },
  { key: 'p50', title: 'latency p50, µs', digits: 0 },
  { key: 'p99', title: 'latency p99, µs', digits: 0 },
];

export async function measureRequests(contender: Running, drive: Drive, requests: readonly string[]): Promise<Sample> {
  const { generator, connections, seconds } = drive;
  return measureExchanges(contender, () =>
    generator.run({ ...addressed(contender.target), requests, connections, seconds }),
  );
}

/** Where a load goes to. Whose connections are kept makes no difference between full handshakes and others. */
export function addressed({ port, ca }: Target): Pick<Load, 'port' | 'tls'> {
  return ca === undefined ? { port } : { port, tls: 'full' };
}

export async function measureExchanges({ pid }: Running, load: () => Promise<LoadResult>): Promise<Sample> {
  const { cpu, result } = await withCpu(pid, load);
  const { requests, seconds, p50, p99 } = result;
  return { cpu: cpu && cpu / requests, rate: requests / seconds, p50, p99 };
}

/** What `work` gave, and the CPU microseconds that the processes took meanwhile. */
export async function withCpu<T>(
  pid: number | undefined,
  work: () => Promise<T>,
): Promise<{ readonly cpu: number | undefined; readonly result: T }> {
  const before = pid === undefined ? undefined : cpuMicros(pid);
  const result = await work();
  const after = pid === undefined ? undefined : cpuMicros(pid);
  return { cpu: before === undefined || after === undefined ? undefined : after - before, result };
}
