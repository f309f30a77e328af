/** What the proxy tells of itself: gathered from all of its parts at the moment when somebody asks. */

import type { SourceReport } from '../discovery/dns-watch.ts';
import { isoTime } from '../observe/iso-time.ts';
import type { AdminRefusal, Counts } from '../observe/labels.ts';
import type { CertificateExpiry, Observed } from '../observe/metrics.ts';
import type { PoolCounters } from '../observe/pool-counters.ts';
import type { HealthPoller } from '../pool/poller.ts';
import type { FailoverReport } from './failover-report.ts';
import { type LiveSnapshot, liveSnapshot } from './live-snapshot.ts';
import type { NodeOperator } from './node-operator.ts';
import type { PollLog } from './poll-log.ts';
import { type Readiness, readinessOf } from './readiness.ts';
import type { Reloader } from './reloader.ts';
import { type NodeStatus, type Status, statusOf } from './status.ts';
import type { Supervisor } from './supervisor.ts';
import { VERSION } from './version.ts';

export interface OverviewOptions {
  readonly supervisor: Supervisor;
  readonly poller: HealthPoller;
  readonly counters: PoolCounters;
  readonly polls: PollLog;
  readonly operator: NodeOperator;
  readonly report: FailoverReport;
  readonly reloader: Reloader;
  readonly adminRefusals: () => Readonly<Counts<AdminRefusal>>;
  readonly certificates: () => readonly CertificateExpiry[];
  readonly sources: () => readonly SourceReport[];
  readonly isShuttingDown: () => boolean;
}

export class Overview {
  readonly #options: OverviewOptions;
  readonly #startedAt = Date.now();
  /** When the last live snapshot was, ms since the epoch. */
  #liveAt = 0;

  constructor(options: OverviewOptions) {
    this.#options = options;
  }

  readiness(): Readiness {
    const { isShuttingDown, supervisor, poller } = this.#options;
    return readinessOf({
      shuttingDown: isShuttingDown(),
      listeningWorkers: supervisor.crew.listening,
      pool: poller.snapshot(),
    });
  }

  /** Waits for what the workers report, as long as `Crew.collect` does; so does the rest. */
  async observe(): Promise<Observed> {
    const { supervisor, poller, counters, report, reloader, adminRefusals, certificates, sources } = this.#options;
    const { stats, cpuSeconds, residentBytes } = await supervisor.crew.collect();
    return {
      version: VERSION,
      stats,
      pool: poller.snapshot(),
      polls: counters.polls,
      stateChanges: counters.stateChanges,
      incidents: report.totals,
      pairs: report.pairs,
      reloads: reloader,
      adminRefusals: adminRefusals(),
      certificates: certificates(),
      sources: sources(),
      workers: {
        listening: supervisor.crew.listening,
        restarts: supervisor.restarts,
        cpuSeconds,
        residentBytes,
      },
    };
  }

  async status(): Promise<Status> {
    return this.#statusOf(await this.observe());
  }

  async live(): Promise<LiveSnapshot> {
    const observed = await this.observe();
    const { polls } = this.#options;
    const [before, now] = [this.#liveAt, Date.now()];
    this.#liveAt = now;
    return liveSnapshot(this.#statusOf(observed), observed, (node) => polls.of(node, before), now);
  }

  #statusOf(observed: Observed): Status {
    const { supervisor, operator } = this.#options;
    return statusOf({
      observed,
      pid: process.pid,
      startedAt: this.#startedAt,
      now: Date.now(),
      readiness: this.readiness(),
      listeners: supervisor.addresses,
      held: (node, stats) => operator.progress(node, stats),
      workers: supervisor.crew.workers.map(({ pid, listeningSince, retiring, lastReport }) => ({
        pid,
        listeningSince: listeningSince === undefined ? null : isoTime(listeningSince),
        retiring,
        cpuSeconds: lastReport.cpuSeconds,
        residentBytes: lastReport.residentBytes,
      })),
    });
  }

  async node(name: string): Promise<NodeStatus | undefined> {
    return (await this.status()).nodes.find((node) => node.name === name);
  }
}
