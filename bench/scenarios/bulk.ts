import type { Running } from '../harness/contender.ts';
import { transferred } from '../harness/load.ts';
import { PeakMemory } from '../harness/memory.ts';
import { proveRouting } from '../harness/prove.ts';
import { proveDownload, proveUpload } from '../harness/prove-bulk.ts';
import { addressed, boundHeads, withCpu } from './requests.ts';
import type { Drive, Metric, Sample, Scenario } from './scenario.ts';

const MB = 1e6;
const GB = 1e9;
/** Bulk is a few clients at a time: more of them would only take longer to finish their last transfer. */
const CONNECTIONS = 8;

const METRICS: readonly Metric[] = [
  { key: 'cpu', title: 'CPU, ms per GB', digits: 0 },
  { key: 'rate', title: 'GB per second', digits: 2 },
  { key: 'memory', title: 'resident memory at its peak, MB', digits: 1 },
];

const answers = (bytes: number): Scenario => ({
  name: `answers-${bytes / MB}mb`,
  summary: `GET with sticky cookie, ${bytes / MB} MB, ${CONNECTIONS} connections, keep-alive`,
  metrics: METRICS,
  async prove(target) {
    await proveRouting(target);
    await proveDownload(target, bytes);
  },
  measure: (contender, drive) => measure(contender, drive, boundHeads('GET', `/bulk/${bytes}`), 0, bytes),
});

const uploads = (bytes: number): Scenario => ({
  name: `upload-${bytes / MB}mb`,
  summary: `POST with sticky cookie and a body of ${bytes / MB} MB, ${CONNECTIONS} connections, keep-alive`,
  metrics: METRICS,
  async prove(target) {
    await proveRouting(target);
    await proveUpload(target, bytes);
  },
  measure(contender, drive) {
    const headers = `Content-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n`;
    return measure(contender, drive, boundHeads('POST', '/sink', headers), bytes, bytes);
  },
});

export const answers1Mb = answers(MB);
export const answers100Mb = answers(100 * MB);
export const upload100Mb = uploads(100 * MB);

async function measure(
  { target, pid }: Running,
  { place, seconds }: Drive,
  heads: readonly string[],
  upload: number,
  bytesOfEach: number,
): Promise<Sample> {
  const memory = pid === undefined ? undefined : new PeakMemory(pid);
  const load = { ...addressed(target), heads, upload, connections: CONNECTIONS, seconds };
  const { cpu, result } = await withCpu(pid, () => transferred(load, place.pinning));
  const peak = memory?.stop();
  const gigabytes = (result.transfers * bytesOfEach) / GB;
  return {
    cpu: cpu && cpu / 1_000 / gigabytes,
    rate: gigabytes / result.seconds,
    memory: peak && peak / MB,
  };
}
