/** Closed-loop load from a process of its own: wrk where there is one, else the generator in bench/load. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Load, LoadResult } from '../load/load.ts';
import { findBinary, launch, nodeCommand, ROOT } from './process.ts';
import type { Site } from './site.ts';

export type LoadGenerator = {
  readonly name: string;
  /** Resolves when the time is up. Rejects on any answer but 2xx and on any socket error: such a run is void. */
  readonly run: (load: Load) => Promise<LoadResult>;
};

/** `wrk` and bench/load/main.ts both end with this line of JSON. */
const outcomeShape = z.object({
  requests: z.int(),
  seconds: z.number(),
  p50: z.number(),
  p99: z.number(),
  failures: z.int(),
});

export function chooseGenerator(site: Site, name?: 'wrk' | 'node'): LoadGenerator {
  const wrk = findBinary('wrk');
  if (name === 'wrk' && wrk === undefined) throw new Error('no wrk on the PATH');
  const command = wrk !== undefined && name !== 'node' ? wrkCommand(wrk, site.dir) : ownCommand;
  return {
    name: command === ownCommand ? 'bench/load' : 'wrk',
    async run(load) {
      const child = launch(command(load), { cpu: site.pinning.load });
      const lines = (await child.output()).trimEnd().split('\n');
      const { failures, ...result } = outcomeShape.parse(JSON.parse(lines.at(-1) ?? ''));
      if (failures > 0) throw child.failure(`${failures} of ${result.requests} requests failed`);
      if (result.requests === 0) throw child.failure('no request was answered');
      return result;
    },
  };
}

function ownCommand(load: Load): string[] {
  return nodeCommand('load/main.js', JSON.stringify(load));
}

/** wrk takes whole seconds; the requests reach its script as files, byte for byte. */
function wrkCommand(wrk: string, dir: string): (load: Load) => string[] {
  return ({ port, requests, connections, seconds }) => {
    const files = requests.map((request, index) => {
      const file = join(dir, `request-${index}`);
      writeFileSync(file, request, 'latin1');
      return file;
    });
    const script = join(ROOT, 'bench/load/wrk.lua');
    const options = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s', '-s', script];
    return [wrk, ...options, `http://127.0.0.1:${port}/`, '--', ...files];
  };
}
