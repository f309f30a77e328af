/** Load from a process of its own: for requests wrk where there is one, else, as for all the rest, bench/load. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TLS_NAME } from '../backend-facts.ts';
import type {
  Hold,
  Load,
  LoadOutcome,
  LoadResult,
  Messages,
  Offer,
  OfferOutcome,
  TransferOutcome,
  Transfers,
} from '../load/load.ts';
import { type Child, findBinary, launch, nodeCommand, ROOT } from './process.ts';
import type { Pinning, Site } from './site.ts';

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
const offerShape = outcomeShape.extend({ p999: z.number(), max: z.number(), late: z.number() });
const transferShape = z.object({ transfers: z.int(), seconds: z.number(), failures: z.int() });

export function chooseGenerator(site: Site, name?: 'wrk' | 'node'): LoadGenerator {
  const wrk = findBinary('wrk');
  if (name === 'wrk' && wrk === undefined) throw new Error('no wrk on the PATH');
  const command =
    wrk !== undefined && name !== 'node' ? wrkCommand(wrk, site.dir) : (load: Load) => ownCommand('requests', load);
  return {
    name: wrk !== undefined && name !== 'node' ? 'wrk' : 'bench/load',
    run: (load) => exchanged(launch(command(load), { cpu: site.pinning.load }), 'requests', outcomeShape),
  };
}

/**
 * By bench/load, whatever is chosen for others: wrk resumes sessions as it likes. Rejects as `LoadGenerator.run` does.
 */
export function requestsAnswered(load: Load, { load: cpu }: Pinning): Promise<LoadResult> {
  return exchanged(launch(ownCommand('requests', load), { cpu }), 'requests', outcomeShape);
}

/** Resolves when all requests are answered, however long that takes. Rejects as `LoadGenerator.run` does. */
export function offered(load: Offer, { load: cpu }: Pinning): Promise<OfferOutcome> {
  return exchanged(launch(ownCommand('offer', load), { cpu }), 'requests', offerShape);
}

/** Resolves when the last transfer that began in time is over. Rejects when one failed. */
export async function transferred(load: Transfers, { load: cpu }: Pinning): Promise<TransferOutcome> {
  const child = launch(ownCommand('transfers', load), { cpu });
  const outcome = transferShape.parse(await lastLine(child));
  if (outcome.failures > 0) throw child.failure(`${outcome.failures} connections failed`);
  return outcome;
}

/** The messages count as requests. Rejects when a tunnel failed. */
export function messagesExchanged(load: Messages, { load: cpu }: Pinning): Promise<LoadResult> {
  return exchanged(launch(ownCommand('messages', load), { cpu }), 'messages', outcomeShape);
}

/** Resolves with the process that holds the connections, all open. */
export async function hold(load: Hold, { load: cpu }: Pinning): Promise<Child> {
  const child = launch(ownCommand('hold', load), { cpu });
  await child.firstLine();
  return child;
}

async function exchanged<Outcome extends LoadOutcome>(
  child: Child,
  what: string,
  shape: z.ZodType<Outcome>,
): Promise<Outcome> {
  const outcome = shape.parse(await lastLine(child));
  if (outcome.failures > 0) throw child.failure(`${outcome.failures} of ${outcome.requests} ${what} failed`);
  if (outcome.requests === 0) throw child.failure(`no ${what} were answered`);
  return outcome;
}

async function lastLine(child: Child): Promise<unknown> {
  const lines = (await child.output()).trimEnd().split('\n');
  return JSON.parse(lines.at(-1) ?? '');
}

function ownCommand(kind: string, load: Load | Offer | Transfers | Messages | Hold): string[] {
  return nodeCommand('load/main.js', JSON.stringify({ kind, ...load }));
}

/** wrk takes whole seconds; the requests reach its script as files, byte for byte. */
function wrkCommand(wrk: string, dir: string): (load: Load) => string[] {
  return ({ port, tls, requests, mixed, connections, seconds }) => {
    const files = requests.map((request, index) => {
      const file = join(dir, `request-${index}`);
      writeFileSync(file, request, 'latin1');
      return file;
    });
    const script = join(ROOT, 'bench/load/wrk.lua');
    // A script sends the same on all connections of its thread, and threads have equal shares of them.
    const threads = mixed ? 1 : requests.length;
    const shared = Math.ceil(connections / threads) * threads;
    const options = [`-t${threads}`, `-c${shared}`, `-d${seconds}s`, '--timeout', '10s', '-s', script];
    const origin = tls === undefined ? `http://127.0.0.1:${port}` : `https://${TLS_NAME}:${port}`;
    return [wrk, ...options, `${origin}/`, '--', mixed ? 'mixed' : 'own', ...files];
  };
}
