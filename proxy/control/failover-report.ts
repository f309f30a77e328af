/**
 * What the primary has to tell of failures: their incidents, the timeline of a session, and pairs that were split. It
 * hears of polls, transitions, workers and sightings, and asks the workers when somebody wants to know.
 */
import type { Incident } from '../observe/incident.ts';
import { Incidents, type IncidentTotals } from '../observe/incidents.ts';
import type { Counts } from '../observe/labels.ts';
import type { Logger } from '../observe/log.ts';
import { PairCheck, type PairResult, type Split } from '../observe/pair-check.ts';
import { SessionAliases, shownAlias } from '../observe/session-alias.ts';
import { type Timeline, timelineOf, type WorkerTrail } from '../observe/session-timeline.ts';
import type { Sighting } from '../observe/sighting.ts';
import type { StatsSnapshot } from '../observe/snapshot.ts';
import type { HealthResult } from '../pool/health.ts';
import type { NodeTransition } from '../pool/poller.ts';
import type { NodeSnapshot, PoolSnapshot } from '../pool/view.ts';

export interface WorkerTrails {
  readonly trails: readonly WorkerTrail[];
  /** Workers that did not answer in time. */
  readonly silent: number;
}

export interface FailoverReportOptions {
  readonly logger: Logger;
  readonly aliasKey: string;
  /** `affinity.reconnectGrace`, ms. */
  readonly grace: () => number;
  /** As published last. */
  readonly pool: () => PoolSnapshot;
  /** What the workers have counted: by their last reports, and by new ones. */
  readonly lastStats: () => StatsSnapshot;
  readonly collect: () => Promise<StatsSnapshot>;
  /** One has begun, or is over. */
  readonly onIncident?: (incident: Incident) => void;
  /** What the workers remember of the session with this alias. */
  readonly trailsOf: (alias: string) => Promise<WorkerTrails>;
}

/** A session's timeline and what befell its node meanwhile. */
export interface SessionReport extends Timeline {
  /** The part of its alias that logs show. */
  readonly session: string;
  /** The owner as it is now; undefined when nobody knows it, or it is not configured any more. */
  readonly node: NodeSnapshot | undefined;
  /** Of its owner, since the first event; newest first. */
  readonly incidents: readonly Incident[];
  readonly silentWorkers: number;
}

export class FailoverReport {
  readonly #options: FailoverReportOptions;
  readonly #aliases: SessionAliases;
  readonly #incidents: Incidents;
  readonly #pairs: PairCheck;
  #counting = false;

  constructor(options: FailoverReportOptions) {
    const { aliasKey, lastStats, grace } = options;
    this.#options = options;
    this.#aliases = new SessionAliases(aliasKey);
    this.#incidents = new Incidents({
      lastStats,
      grace,
      onBegin: (incident) => this.#begun(incident),
      onEnd: (incident) => this.#ended(incident),
    });
    this.#pairs = new PairCheck({
      nodeOf: (name) => this.#nodeOf(name),
      onSplit: (split) => this.#split(split),
    });
  }

  get totals(): IncidentTotals {
    return this.#incidents.totals();
  }

  get pairs(): Readonly<Counts<PairResult>> {
    return this.#pairs.counts;
  }

  polled(node: string, result: HealthResult, durationMs: number): void {
    this.#incidents.polled(node, result, durationMs);
  }

  /** Traffic found the node failing, and has for `ms`. */
  suspected(node: string, ms = 0): void {
    this.#incidents.suspected(node, ms);
  }

  /** To be told before the pool that shows it is published. */
  changed(transition: NodeTransition): void {
    this.#incidents.changed(transition.node, transition, this.#nodeOf(transition.node)?.sessions);
    this.#countIfOver();
  }

  published({ nodes }: PoolSnapshot): void {
    this.#incidents.pool(nodes);
    this.#countIfOver();
  }

  /** `last`: what it reported last. */
  workerDied(last: StatsSnapshot): void {
    this.#incidents.workerDied(last);
  }

  /**
   * As many workers as there should be accept connections: another listens, or a reload wants no more than there are.
   * To be told as often as that may be so.
   */
  workersWhole(): void {
    this.#incidents.workersWhole();
  }

  sighted(sightings: readonly Sighting[], skipped: number): void {
    for (const sighting of sightings) this.#pairs.note(sighting);
    this.#pairs.skipped(skipped);
  }

  /** Newest first, with what has been counted by now. */
  async incidents(): Promise<readonly Incident[]> {
    await this.#count();
    return this.#incidents.list();
  }

  /** undefined: no worker remembers a session, or a user, with this token. */
  async session(token: string): Promise<SessionReport | undefined> {
    const alias = this.#aliases.of(token);
    const [{ trails, silent }, incidents] = await Promise.all([this.#options.trailsOf(alias), this.incidents()]);
    const timeline = timelineOf(trails);
    if (timeline === undefined) return undefined;
    const { owner, events } = timeline;
    const since = events[0]?.at ?? 0;
    return {
      ...timeline,
      session: shownAlias(alias),
      node: owner && this.#nodeOf(owner.node),
      incidents: incidents.filter(
        ({ node, recoveredAt }) => node !== '' && node === owner?.node && (recoveredAt ?? since) >= since,
      ),
      silentWorkers: silent,
    };
  }

  #nodeOf(name: string): NodeSnapshot | undefined {
    return this.#options.pool().nodes.find((node) => node.name === name);
  }

  async #count(): Promise<void> {
    const asked = this.#incidents.asking();
    this.#incidents.counted(await this.#options.collect(), asked);
  }

  /** An incident ends with the first count that was asked for after its recovery. */
  async #countIfOver(): Promise<void> {
    if (this.#counting) return;
    this.#counting = true;
    // Another one may be over by the time that the workers have answered.
    while (this.#incidents.isAnyOver) await this.#count();
    this.#counting = false;
  }

  #begun(incident: Incident): void {
    const { id, kind, node, cause, detectionMs, sessions } = incident;
    const facts = { incident: id, kind, node: node || undefined, cause, detectionMs, sessions };
    this.#options.logger.warn(facts, `incident ${id} begins: ${nameOf(incident)}`);
    this.#options.onIncident?.(incident);
  }

  #ended(incident: Incident): void {
    const { id, kind, node, cause, startedAt, recoveredAt, ...costs } = incident;
    const facts = { incident: id, kind, node: node || undefined, cause, ...costs };
    const { durationMs, sessionsLost, requestsFailed } = incident;
    const sum = `${durationMs} ms, ${sessionsLost} sessions lost, ${requestsFailed} requests failed`;
    this.#options.logger.info(facts, `incident ${id} is over: ${nameOf(incident)}: ${sum}`);
    this.#options.onIncident?.(incident);
  }

  #split({ session, node, class: requestClass, before }: Split): void {
    this.#options.logger.error(
      { session: shownAlias(session), node, class: requestClass, before },
      `one session on two nodes: ${before.node}, then ${node}, while ${before.node} is up`,
    );
  }
}

function nameOf({ kind, node, cause }: Incident): string {
  switch (kind) {
    case 'ejection':
      return `node ${node} ejected (${cause})`;
    case 'restart':
      return `node ${node} restarted`;
    case 'all-down':
      return 'all nodes down';
    case 'worker':
      return 'a worker died';
  }
}
