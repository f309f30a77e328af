/** Puts another configuration into force, or other nodes that were found: in all parts of the proxy, or in none. */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../observe/log.ts';
import type { PoolCounters } from '../observe/pool-counters.ts';
import type { HealthPoller, PreparedPool } from '../pool/poller.ts';
import type { PoolNode } from '../pool/pool-node.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import { NodesTls } from '../tls/nodes-tls.ts';
import type { AdminListener } from './admin-listener.ts';
import type { CertificateReading } from './certificates.ts';
import { changesBetween } from './config-changes.ts';
import type { FailoverReport } from './failover-report.ts';
import type { InForce } from './in-force.ts';
import type { LoadedProxy } from './load.ts';
import type { ConfigInForce, NodeFinder } from './node-finder.ts';
import type { OperatorStates } from './operator-states.ts';
import type { PollLog } from './poll-log.ts';
import { logRoster } from './roster-log.ts';
import { StartFailure, type Supervisor } from './supervisor.ts';

export interface ConfigChangerOptions {
  readonly logger: Logger;
  readonly inForce: InForce;
  readonly finder: NodeFinder;
  readonly poller: HealthPoller;
  readonly supervisor: Supervisor;
  readonly admin: AdminListener;
  readonly states: OperatorStates;
  readonly counters: PoolCounters;
  readonly polls: PollLog;
  readonly report: FailoverReport;
  readonly isShuttingDown: () => boolean;
}

export class ConfigChanger {
  readonly #options: ConfigChangerOptions;

  constructor(options: ConfigChangerOptions) {
    this.#options = options;
  }

  /** Before the start: workers begin with what has been found, which is polled by then. */
  async adoptFound(): Promise<void> {
    const { logger, inForce, finder, supervisor, report } = this.#options;
    const { nodes } = inForce.config;
    const config = finder.inForce(inForce.loaded.config, nodes);
    if (isDeepStrictEqual(config.nodes, nodes)) return;
    const { nodesTls, prepared } = await this.#prepareNodes(config, inForce.certificates);
    logRoster(logger, nodes, config.nodes);
    inForce.config = config;
    inForce.nodesTls = nodesTls;
    supervisor.know(config);
    report.published(prepared.commit());
  }

  /**
   * Resolves to what changed: options of the first level, and `certificates`. Rejects, with all as it was, when the
   * configuration cannot be had: a port is taken, a file cannot be read.
   *
   * @param left nodes that are found no more, and may be forgotten
   */
  async apply(loaded: LoadedProxy, left: ReadonlySet<string>): Promise<readonly string[]> {
    const { inForce, finder, supervisor, admin, isShuttingDown } = this.#options;
    const { certificates } = loaded;
    await finder.ask(loaded.config);
    const before = inForce.config.nodes.filter(({ name, withdrawn }) => withdrawn === undefined || !left.has(name));
    const config = finder.inForce(loaded.config, before);
    const { keys, needsNewWorkers, movesAdmin } = changesBetween(inForce.config, config);
    const changed = isDeepStrictEqual(inForce.certificates.material, certificates.material)
      ? keys
      : [...keys, 'certificates'];
    if (changed.length === 0) return changed;
    if (isShuttingDown()) throw new StartFailure('it is shutting down');
    const preparedAdmin = movesAdmin ? await admin.prepare(config.admin) : undefined;
    const { nodesTls, prepared } = await this.#prepareNodes(config, certificates);
    try {
      await supervisor.reconfigure(config, {
        tls: certificates.material,
        pool: prepared.snapshot,
        roll: needsNewWorkers,
        commit: () => {
          inForce.nodesTls = nodesTls;
          inForce.loaded = loaded;
          return this.#commit(config, certificates, prepared);
        },
      });
    } catch (error) {
      prepared.discard();
      await preparedAdmin?.discard();
      throw error;
    } finally {
      finder.follow(inForce.loaded.config);
    }
    preparedAdmin?.commit();
    return changed;
  }

  async #prepareNodes(
    config: ConfigInForce,
    { material }: CertificateReading,
  ): Promise<{ readonly nodesTls: NodesTls; readonly prepared: PreparedPool }> {
    const { inForce, poller, counters } = this.#options;
    const nodesTls = new NodesTls(config, material.nodeFiles, inForce.nodesTls);
    counters.add(config.nodes.map((node) => node.name));
    return { nodesTls, prepared: await poller.prepare(config, nodesTls) };
  }

  #commit(config: ConfigInForce, certificates: CertificateReading, prepared: PreparedPool): PoolSnapshot {
    const { logger, inForce, states, polls, report } = this.#options;
    const before = inForce.config.nodes;
    logRoster(logger, before, config.nodes);
    inForce.config = config;
    inForce.certificates = certificates;
    logger.level = config.log.level;
    const names = new Set(config.nodes.map((node) => node.name));
    states.follow(config.stateFile, new Set([...names, ...this.#notYetFound(before)]));
    polls.keep(names);
    const pool = prepared.commit();
    report.published(pool);
    return pool;
  }

  /** What an operator said of a node before a restart holds when the node is found, which may take a while. */
  #notYetFound(before: readonly PoolNode[]): readonly string[] {
    const { inForce, states } = this.#options;
    if (inForce.loaded.config.discovery.dns.length === 0) return [];
    const known = new Set(before.map((node) => node.name));
    return [...states.held.keys()].filter((name) => !known.has(name));
  }
}
