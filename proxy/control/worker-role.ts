/**
 * What a worker process does: waits for the primary's word, runs the data plane, reports, and ends when told to or
 * when the primary is gone.
 */
import cluster from 'node:cluster';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { AccessLog } from '../observe/access-log.ts';
import { openLog, type ProgramLog } from '../observe/log.ts';
import { WorkerStats } from '../observe/stats.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import { describeError } from './describe-error.ts';
import type { Address, FromWorker, ToWorker } from './messages.ts';

/** What the role needs of the data plane. */
export interface Traffic {
  /** Resolves to the addresses in the order of the configuration; rejects with the system's error. */
  listen(): Promise<readonly Address[]>;
  publish(pool: PoolSnapshot): void;
  /** Accepts nothing more; resolves when all is finished, after `deadlineMs` at the latest. */
  shutdown(deadlineMs: number): Promise<void>;
}

export interface TrafficHooks {
  readonly stats: WorkerStats;
  /** undefined when it is switched off. */
  readonly accessLog: AccessLog | undefined;
  readonly onNodeRefused: (node: string) => void;
}

export type MakeTraffic = (config: ProxyConfig, pool: PoolSnapshot, hooks: TrafficHooks) => Traffic;

/** Turns this process into a worker. Only in a process that node:cluster forked. */
export function runWorker(makeTraffic: MakeTraffic): void {
  let role: WorkerRole | undefined;
  // A terminal sends Ctrl-C to the whole process group; the primary alone decides when the workers end.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('message', (message: ToWorker) => {
    if (message.type === 'start') role ??= new WorkerRole(message.config, message.pool, makeTraffic);
    else if (role) role.received(message);
    else if (message.type === 'shutdown') process.exit(0);
  });
  cluster.worker?.once('disconnect', () => {
    // Or node:cluster would end the process here and now, with all that it is doing.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    if (role) role.shutdown();
    else process.exit(0);
  });
  process.on('uncaughtException', (error) => {
    if (role) role.fail(error);
    else process.exit(1);
  });
  tell({ type: 'booted' });
}

class WorkerRole {
  readonly #config: ProxyConfig;
  readonly #stats: WorkerStats;
  readonly #accessLog: AccessLog | undefined;
  readonly #log: ProgramLog;
  readonly #traffic: Traffic;
  #ending = false;

  constructor(config: ProxyConfig, pool: PoolSnapshot, makeTraffic: MakeTraffic) {
    this.#config = config;
    this.#log = openLog(config.log.level);
    const stats = new WorkerStats(config.nodes.map((node) => node.name));
    this.#stats = stats;
    const onDrop = (): void => {
      stats.accessLogDropped++;
    };
    this.#accessLog = config.log.access ? new AccessLog({ to: 1, onDrop }) : undefined;
    this.#traffic = makeTraffic(config, pool, {
      stats,
      accessLog: this.#accessLog,
      onNodeRefused: (node) => tell({ type: 'node-refused', node }),
    });
    this.#listen();
  }

  received(message: Exclude<ToWorker, { type: 'start' }>): void {
    switch (message.type) {
      case 'pool':
        this.#traffic.publish(message.pool);
        break;
      case 'report-request':
        this.#report(message.id);
        break;
      case 'shutdown':
        this.shutdown(message.deadlineMs);
        break;
    }
  }

  async shutdown(deadlineMs = this.#config.timeouts.shutdown): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    await this.#traffic.shutdown(deadlineMs);
    await this.#end(0);
  }

  /** An error that nobody expected: the state of this process is anybody's guess, so another takes its place. */
  async fail(error: unknown): Promise<void> {
    const { message, code } = describeError(error);
    this.#log.logger.fatal({ pid: process.pid }, `worker failed: ${message}`);
    this.#log.logger.debug({ err: error }, 'where the worker failed');
    tell({ type: 'fatal', message, code });
    await this.#end(1);
  }

  async #listen(): Promise<void> {
    try {
      tell({ type: 'listening', addresses: await this.#traffic.listen() });
    } catch (error) {
      tell({ type: 'fatal', ...describeError(error) });
      await this.#end(1);
    }
  }

  #report(id: number, then?: () => void): void {
    const { user, system } = process.cpuUsage();
    const report = {
      stats: this.#stats.snapshot(),
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
    };
    tell({ type: 'report', id, report }, then);
  }

  async #end(code: number): Promise<void> {
    await Promise.all([this.#accessLog?.close(), this.#log.close()]);
    // The channel keeps order: when the last report is out, so is all that was said before.
    this.#report(0, () => process.exit(code));
  }
}

/** `then` is called once the message is out, or when it cannot be sent: the primary may be gone at any moment. */
function tell(message: FromWorker, then: () => void = () => {}): void {
  if (process.connected && process.send) process.send(message, undefined, undefined, then);
  else then();
}
