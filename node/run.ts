/**
 * The life of `cobrowse-node start`: from a valid configuration to the exit code.
 *
 * | exit code | when |
 * |---|---|
 * | 0 | SIGTERM or SIGINT: drained, or a second signal cut that short |
 * | 1 | cannot start (a busy port) or failed; one line on standard error says why |
 * | 2 | the configuration or the command line is not valid (see `cli.ts`) |
 *
 * A parent that forked it with a channel gets a `ListeningMessage`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeConfig } from '../config/node-schema.ts';
import { describeListenError } from './listen-error.ts';
import { openLog } from './log.ts';
import { nodeOptions } from './options.ts';
import { type CobrowseNode, startNode } from './server.ts';

export interface ListeningMessage {
  readonly type: 'listening';
  readonly port: number;
  /** Absent when no metrics are served. */
  readonly metrics?: { readonly host: string; readonly port: number };
}

/** How long a node may still take after the second signal; ms. */
const LAST_MOMENT_MS = 1_000;

/** Resolves to the exit code, when all has ended. */
export async function run(config: NodeConfig): Promise<number> {
  const log = openLog(config.log.level, config.name);
  const signals = new Signals();
  let node: CobrowseNode;
  try {
    node = await startNode(nodeOptions(config), { log });
  } catch (error) {
    process.stderr.write(`cobrowse-node: ${describeListenError(error)}\n`);
    log.debug({ err: error }, 'where the start failed');
    return 1;
  }
  announce(node);
  log.info({ url: node.url, port: node.port, metrics: node.metricsAddress, instance: node.instanceId }, 'listening');
  if (node.options.allowedOrigins.empty) {
    log.warn('no origin is allowed, so nobody can look up sessions; see --allowed-origins');
  }
  log.info({ signal: await signals.next() }, 'stopping');
  const stopped = node.stop();
  await Promise.race([stopped, signals.next().then(() => Promise.race([node.stop(0), sleep(LAST_MOMENT_MS)]))]);
  return 0;
}

function announce({ port, metricsAddress }: CobrowseNode): void {
  const message: ListeningMessage = {
    type: 'listening',
    port,
    ...(metricsAddress === undefined ? {} : { metrics: metricsAddress }),
  };
  process.send?.(message);
}

/** Signals that came before anybody waited for them are not lost. */
class Signals {
  readonly #heard: NodeJS.Signals[] = [];
  #wake: (signal: NodeJS.Signals) => void = (signal) => this.#heard.push(signal);

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#wake(signal));
  }

  next(): Promise<NodeJS.Signals> {
    const heard = this.#heard.shift();
    if (heard !== undefined) return Promise.resolve(heard);
    return new Promise((resolve) => {
      this.#wake = (signal) => {
        this.#wake = (later) => this.#heard.push(later);
        resolve(signal);
      };
    });
  }
}
