/** The control plane: polls the nodes, keeps the workers, answers on the admin listener. No traffic passes it. */
import { setTimeout } from 'node:timers/promises';
import type { Address } from '../anchor/messages.ts';
import type { Logger } from '../observe/log.ts';
import { PoolCounters } from '../observe/pool-counters.ts';
import { newAliasKey } from '../observe/session-alias.ts';
import { HealthPoller, type NodeTransition } from '../pool/poller.ts';
import { takesBoundRequests } from '../pool/view.ts';
import { NodesTls } from '../tls/nodes-tls.ts';
import { AdminListener } from './admin-listener.ts';
import { allRoutes } from './all-routes.ts';
import type { AnchorLink, TakeOver } from './anchor-link.ts';
import { ConfigChanger } from './config-changer.ts';
import { describeError } from './describe-error.ts';
import { FailoverReport } from './failover-report.ts';
import type { InForce } from './in-force.ts';
import { LiveFeed } from './live-feed.ts';
import { LATENCY_BOUNDS } from './live-snapshot.ts';
import type { LoadedProxy } from './load.ts';
import { type Memo, readMemo } from './memo.ts';
import { NodeFinder, withdrawnOf } from './node-finder.ts';
import { passOn } from './node-news.ts';
import { NodeOperator } from './node-operator.ts';
import { type HeldNode, OperatorStates } from './operator-states.ts';
import { Overview } from './overview.ts';
import { PollLog } from './poll-log.ts';
import { type LoadProxy, Reloader, type ReloadOutcome } from './reloader.ts';
import { incidentAnswer } from './report-answers.ts';
import { StateChanges } from './state-changes.ts';
import { Supervisor, type SupervisorOptions } from './supervisor.ts';
import { TicketRotation } from './ticket-rotation.ts';
import { logTransition } from './transition-log.ts';
import { VERSION } from './version.ts';

export interface Listening {
  readonly listeners: readonly Address[];
  readonly admin: Address;
}

export interface PrimaryOptions {
  readonly loaded: LoadedProxy;
  readonly logger: Logger;
  /** Reads the configuration anew. */
  readonly load: LoadProxy;
  readonly anchor: AnchorLink;
  /** Of the primary before this one. */
  readonly memo: Memo | undefined;
}

export class Primary {
  readonly #logger: Logger;
  readonly #anchor: AnchorLink;
  readonly #aliasKey: string;
  readonly #counters: PoolCounters;
  readonly #polls = new PollLog();
  readonly #changes = new StateChanges();
  readonly #feed: LiveFeed;
  readonly #poller: HealthPoller;
  readonly #supervisor: Supervisor;
  readonly #operator: NodeOperator;
  readonly #report: FailoverReport;
  readonly #states: OperatorStates;
  readonly #reloader: Reloader;
  readonly #admin: AdminListener;
  readonly #tickets: TicketRotation;
  readonly #finder: NodeFinder;
  readonly #inForce: InForce;
  readonly #changer: ConfigChanger;
  #started = false;
  #shuttingDown = false;

  constructor({ loaded, logger, load, anchor, memo }: PrimaryOptions) {
    const { certificates } = loaded;
    this.#logger = logger;
    this.#finder = new NodeFinder({
      logger,
      found: memo?.found,
      pool: () => this.#poller.snapshot(),
      stats: async () => (await this.#supervisor.crew.collect()).stats,
      forget: () => this.#inForce.config.discovery.forget,
      onChange: (left) => this.#found(left),
    });
    const config = this.#finder.inForce(loaded.config, memo?.withdrawn ?? []);
    const nodesTls = new NodesTls(config, certificates.material.nodeFiles);
    this.#inForce = { loaded, config, certificates, nodesTls };
    this.#counters = new PoolCounters(config.nodes.map((node) => node.name));
    const states = new OperatorStates({
      file: config.stateFile,
      warn: (message) => logger.warn(message),
      held: memo && heldIn(memo),
      onChange: () => this.#leaveMemo(),
    });
    this.#states = states;
    this.#poller = new HealthPoller(config, {
      tls: nodesTls,
      slots: memo?.nodes,
      operatorState: (node) => states.stateOf(node),
      onChange: (pool) => {
        this.#supervisor.publish(pool);
        this.#report.published(pool);
      },
      onPoll: (node, result, durationMs) => {
        this.#counters.polled(node, result);
        this.#polls.polled(node, result, durationMs);
        this.#report.polled(node, result, durationMs);
      },
      onTransition: (transition) => this.#nodeChanged(transition),
      onEvidence: (node, ms) => this.#report.suspected(node, ms),
    });
    this.#tickets = new TicketRotation({
      held: memo?.tickets,
      onRotated: (secret) => {
        this.#supervisor.crew.broadcast({ type: 'ticket-secret', secret });
        this.#leaveMemo();
      },
    });
    const aliasKey = memo?.aliasKey ?? newAliasKey();
    this.#aliasKey = aliasKey;
    this.#anchor = anchor;
    const options: SupervisorOptions = {
      config,
      tls: certificates.material,
      anchor,
      logger,
      pool: () => this.#poller.snapshot(),
      aliasKey,
      ticketSecret: () => this.#tickets.secret,
      onNodeNews: (news, worker) => passOn(news, worker, this.#poller, this.#report),
      onSightings: (sightings, skipped) => this.#report.sighted(sightings, skipped),
      onWorkerDied: (last) => this.#report.workerDied(last),
      onWhole: () => this.#report.workersWhole(),
      onMemo: () => this.#leaveMemo(),
    };
    this.#supervisor = new Supervisor(options, memo?.sockets);
    this.#operator = new NodeOperator({
      states,
      logger,
      config: () => this.#inForce.config,
      pool: () => this.#poller.snapshot(),
      obey: (node, state) => this.#poller.obey(node, state),
      stats: async () => (await this.#supervisor.crew.collect()).stats,
      closeTunnels: (node, perSecond) => this.#supervisor.crew.closeTunnels(node, perSecond),
    });
    this.#feed = new LiveFeed({
      hello: async () => ({
        version: VERSION,
        latencyBounds: LATENCY_BOUNDS,
        changes: this.#changes.list,
        polls: this.#polls.all,
        incidents: (await this.#report.incidents()).map(incidentAnswer),
      }),
      snapshot: () => overview.live(),
    });
    this.#report = new FailoverReport({
      logger,
      aliasKey,
      grace: () => this.#inForce.config.affinity.reconnectGrace,
      pool: () => this.#poller.snapshot(),
      lastStats: () => this.#supervisor.crew.lastTotals.stats,
      collect: async () => (await this.#supervisor.crew.collect()).stats,
      onIncident: (incident) => this.#feed.tell('incident', () => incidentAnswer(incident)),
      trailsOf: (alias) => this.#supervisor.crew.trailsOf(alias),
    });
    this.#report.published(this.#poller.snapshot());
    this.#reloader = new Reloader({ load, apply: (next) => this.#apply(next), logger });
    const overview = new Overview({
      supervisor: this.#supervisor,
      poller: this.#poller,
      counters: this.#counters,
      polls: this.#polls,
      operator: this.#operator,
      report: this.#report,
      reloader: this.#reloader,
      adminRefusals: () => this.#admin.refusals,
      certificates: () => this.#inForce.certificates.expiries,
      sources: () => this.#finder.reports,
      isShuttingDown: () => this.#shuttingDown,
    });
    this.#admin = new AdminListener({
      logger,
      config: () => this.#inForce.config.admin,
      routes: allRoutes({
        inForce: this.#inForce,
        overview,
        poller: this.#poller,
        supervisor: this.#supervisor,
        operator: this.#operator,
        reloader: this.#reloader,
        report: this.#report,
        feed: this.#feed,
      }),
    });
    this.#changer = new ConfigChanger({
      logger,
      inForce: this.#inForce,
      finder: this.#finder,
      poller: this.#poller,
      supervisor: this.#supervisor,
      admin: this.#admin,
      states,
      counters: this.#counters,
      polls: this.#polls,
      report: this.#report,
      isShuttingDown: () => this.#shuttingDown,
    });
  }

  /**
   * Resolves once every node has been polled and every listener has its socket; who has sessions notices none of it.
   * `memo`: of the primary before this one. Rejects with the system's error or a `StartFailure`.
   */
  async prepare(memo: Memo | undefined): Promise<void> {
    await this.#supervisor.prepare();
    if (memo !== undefined) await this.#admin.openEarly(memo.admin);
    await Promise.all([this.#poller.start(), this.#finder.ask(this.#inForce.config)]);
    await this.#changer.adoptFound();
  }

  /**
   * Takes charge. Resolves once every worker accepts connections, or those of the primary before this one do: these are
   * then replaced one by one. Rejects with the system's error or a `StartFailure`.
   */
  async start({ workers, memo: left }: TakeOver): Promise<Listening> {
    const memo = readMemo(left);
    if (memo !== undefined) this.#takeOver(memo);
    if (!this.#shuttingDown) this.#warnWithoutNodes();
    this.#tickets.start(memo?.tickets);
    await this.#supervisor.start(workers, memo);
    this.#operator.start();
    const admin = await this.#admin.open(memo?.admin);
    this.#leaveMemo();
    this.#started = true;
    this.#finder.start();
    // What was found while it started.
    void this.#found();
    if (workers.length > 0) this.#renew();
    return { listeners: this.#supervisor.addresses, admin };
  }

  /** Loads the configuration again; `why`: who asks, for the log. Never rejects. */
  reload(why: string): Promise<ReloadOutcome> {
    return this.#reloader.reload(why);
  }

  /**
   * Leaves the workers and their sockets to another primary. `onLetGo`: nothing is left that this one needs. Resolves
   * when whoever had asked something is answered.
   */
  leave(onLetGo: () => void): Promise<void> {
    return this.#reloader.inTurn(async () => {
      this.#operator.stop();
      this.#finder.stop();
      this.#tickets.stop();
      await this.#poller.stop();
      const answered = this.#admin.finish();
      onLetGo();
      await answered;
    });
  }

  /**
   * Not ready any more and, `timeouts.shutdownDelay` later, accepts nothing more; closes tunnels at a pace, finishes
   * the rest within `timeouts.shutdown`, and ends.
   */
  async shutdown(): Promise<void> {
    this.#shuttingDown = true;
    this.#operator.stop();
    this.#finder.stop();
    this.#tickets.stop();
    const { shutdownDelay, shutdown } = this.#inForce.config.timeouts;
    if (this.#started && shutdownDelay > 0) {
      this.#supervisor.crew.broadcast({ type: 'leaving' });
      await setTimeout(shutdownDelay);
    }
    await this.#supervisor.shutdown(shutdown);
    await this.#poller.stop();
    await this.#admin.close();
  }

  /** Ends the workers at once, whatever they are doing. */
  kill(): void {
    this.#supervisor.kill();
  }

  /** Orders that were given while this primary was preparing. */
  #takeOver(memo: Memo): void {
    this.#states.takeOver(heldIn(memo));
    for (const { name, operator } of this.#poller.snapshot().nodes) {
      const state = this.#states.stateOf(name);
      if (state !== operator) this.#poller.obey(name, state);
    }
  }

  #leaveMemo(): void {
    this.#anchor.leave({
      aliasKey: this.#aliasKey,
      tickets: this.#tickets.memo,
      ...this.#supervisor.memo,
      nodes: [...this.#poller.slots],
      admin: this.#admin.at,
      found: this.#finder.known,
      withdrawn: withdrawnOf(this.#inForce.config.nodes),
      held: Object.fromEntries(this.#states.held),
    } satisfies Memo);
  }

  /** Puts into force what was found since, as a reload does; `left`: nodes that may be forgotten. Never rejects. */
  #found(left: ReadonlySet<string> = new Set()): Promise<void> {
    return this.#reloader.inTurn(async () => {
      if (!this.#started || this.#shuttingDown) return;
      try {
        await this.#apply(this.#inForce.loaded, left);
      } catch (error) {
        if (!this.#shuttingDown)
          this.#logger.error(`nodes that were found are not taken: ${describeError(error).message}`);
      }
    });
  }

  /** New workers, which run the program as it is on the disk now, take over one by one. Never rejects. */
  #renew(): Promise<void> {
    return this.#reloader.inTurn(async () => {
      if (this.#shuttingDown) return;
      try {
        await this.#supervisor.renew();
        if (!this.#shuttingDown) this.#logger.info('all workers are new');
      } catch (error) {
        if (!this.#shuttingDown) this.#logger.error(`the workers stay as they are: ${describeError(error).message}`);
      }
    });
  }

  /** See `ConfigChanger`. */
  async #apply(loaded: LoadedProxy, left: ReadonlySet<string> = new Set()): Promise<readonly string[]> {
    const changed = await this.#changer.apply(loaded, left);
    if (changed.length > 0) this.#leaveMemo();
    return changed;
  }

  #warnWithoutNodes(): void {
    const { nodes } = this.#poller.snapshot();
    if (nodes.some(takesBoundRequests)) return;
    const names = nodes.map(({ name, authority }) => `${name} (${authority})`).join(', ');
    const which = names === '' ? 'none is known yet' : names;
    this.#logger.warn(`no node can be reached, requests get 503 until one answers: ${which}`);
  }

  #nodeChanged(transition: NodeTransition): void {
    this.#counters.changed(transition.node, transition);
    logTransition(this.#logger, transition);
    const change = this.#changes.changed(transition);
    this.#feed.tell('change', () => change);
    this.#report.changed(transition);
  }
}

function heldIn({ held }: Memo): ReadonlyMap<string, HeldNode> {
  return new Map(
    Object.entries(held).map(([name, { deadline, ...node }]) => [
      name,
      deadline === undefined ? node : { ...node, deadline },
    ]),
  );
}
