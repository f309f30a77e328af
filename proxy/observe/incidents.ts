/**
 * The failover report: every failure as one incident, from the first sign of it to the recovery. Pure: it is told what
 * happens and what has been counted, and asks for the time; it has no timers.
 *
 * What an incident costs is the difference of what the workers have counted. A node may be dead for a while before
 * anything speaks against it, and the workers report now and then only, so the difference is to some seconds before the
 * first evidence, and contains what failed then for other reasons. It is final with the first report that was asked for
 * after the recovery: only then has the incident ended.
 */
import type { HealthResult, Transition } from '../pool/health.ts';
import { FAILURE_REASONS, type FailureReason } from '../pool/health.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import { type Evidence, EvidenceBook } from './evidence.ts';
import { COMMON_CAUSES, type Incident, type IncidentCause, NODE_CAUSES } from './incident.ts';
import { countsIn, countsSince, type IncidentCounts, NO_COUNTS } from './incident-counts.ts';
import { type Counts, zeroes } from './labels.ts';
import type { StatsSnapshot } from './snapshot.ts';

const MOST_INCIDENTS = 100;

export interface IncidentsOptions {
  /** What the workers have counted, by their last reports. */
  readonly lastStats: () => StatsSnapshot;
  /** For how long a node that is down may come back with its sessions, ms. */
  readonly grace: () => number;
  readonly onBegin?: (incident: Incident) => void;
  readonly onEnd?: (incident: Incident) => void;
  /** ms since the epoch. */
  readonly now?: () => number;
}

/** For the metrics; by node, '' for what no single one is the cause of. */
export interface IncidentTotals {
  readonly incidents: ReadonlyMap<string, Readonly<Partial<Counts<IncidentCause>>>>;
  readonly open: ReadonlyMap<string, number>;
  readonly sessionsLost: ReadonlyMap<string, number>;
}

type Entry = { -readonly [Key in keyof Incident]: Incident[Key] } & {
  /** What had been counted before; undefined for what is not counted. */
  readonly before: IncidentCounts | undefined;
  /** The last time that the workers had been asked when it was over: only later answers have all that it cost. */
  overSince: number;
  /** Lost sessions have been counted. */
  lossCounted: boolean;
};

export class Incidents {
  readonly #options: IncidentsOptions;
  readonly #now: () => number;
  readonly #evidence: EvidenceBook;
  /** Oldest first. */
  readonly #entries: Entry[] = [];
  readonly #totals = new Map<string, Partial<Counts<IncidentCause>>>([['', zeroes(COMMON_CAUSES)]]);
  readonly #sessionsLost = new Map<string, number>();
  /** Names in the pool. */
  #nodes: readonly string[] = [];
  #lastId = 0;
  /** How often the workers were asked. */
  #asked = 0;

  constructor(options: IncidentsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#evidence = new EvidenceBook(options.lastStats);
  }

  /** A poll of the node ended, having taken `durationMs`. */
  polled(node: string, result: HealthResult, durationMs: number): void {
    const now = this.#now();
    this.#evidence.remember(now);
    if (result.kind === 'ok') this.#evidence.refute(node);
    else this.#suspect(node, now - durationMs);
  }

  /** Traffic found the node failing, and has for `ms`. */
  suspected(node: string, ms = 0): void {
    this.#suspect(node, this.#now() - ms);
  }

  /** To be told after the poll that brought it. `sessions`: by the last report before. */
  changed(node: string, { from, to, reason, at }: Transition, sessions: number | undefined): void {
    const open = this.#openOf(node);
    if (reason === 'restarted') {
      if (open !== undefined) this.#lose(open);
      else if (from !== 'down') this.#restarted(node, at, sessions);
    }
    if ((to === 'down' && from !== 'down') || reason === 'errors') {
      if (isFailure(reason))
        this.#begin('ejection', node, reason, at, { sessions, evidence: this.#evidence.take(node) });
    } else if (to !== 'down' && open !== undefined) {
      this.#recover(open, at);
    }
  }

  /** The pool as it is now. A node that is taken out of it has no incident any more. */
  pool(nodes: readonly Pick<NodeSnapshot, 'name' | 'state' | 'ejected'>[]): void {
    const now = this.#now();
    this.#nodes = nodes.map(({ name }) => name);
    for (const entry of this.#open()) {
      if (entry.kind !== 'ejection') continue;
      const node = nodes.find(({ name }) => name === entry.node);
      // One that erred and then died, or was drained, has an incident of its own for that, or none.
      if (node === undefined || (entry.cause === 'errors' && node.ejected !== 'errors')) this.#recover(entry, now);
    }
    const allDown = nodes.length > 0 && nodes.every(({ state }) => state === 'down');
    const open = this.#open().find(({ kind }) => kind === 'all-down');
    if (allDown && open === undefined) this.#begin('all-down', '', 'all-down', now, {});
    else if (!allDown && open !== undefined) this.#recover(open, now);
  }

  /** `last`: what that worker reported last, and had open then. */
  workerDied({ inFlight, nodes }: StatsSnapshot): void {
    const tunnelsClosed = nodes.reduce((sum, { tunnels }) => sum + tunnels, 0);
    const entry = this.#begin('worker', '', 'worker-death', this.#now(), { counted: false });
    entry.tunnelsClosed = tunnelsClosed;
    entry.requestsFailed = Math.max(0, inFlight - tunnelsClosed);
  }

  /** As many workers as there should be accept connections. */
  workersWhole(): void {
    for (const entry of this.#open()) if (entry.kind === 'worker') this.#recover(entry, this.#now());
  }

  /** All workers are being asked what they have counted; `counted` wants the number with their answers. */
  asking(): number {
    return ++this.#asked;
  }

  /** What they had counted when they were asked for the `asked`-th time. */
  counted(stats: StatsSnapshot, asked: number): void {
    for (const entry of this.#entries) {
      if (entry.before === undefined || entry.durationMs !== undefined) continue;
      Object.assign(entry, countsSince(entry.before, countsIn(stats, entry.node === '' ? 'all' : entry.node)));
      if (entry.recoveredAt !== undefined && entry.overSince < asked) this.#end(entry);
    }
  }

  /** One has recovered and waits to be counted. */
  get isAnyOver(): boolean {
    return this.#entries.some(({ recoveredAt, durationMs }) => recoveredAt !== undefined && durationMs === undefined);
  }

  /** Newest first. */
  list(): readonly Incident[] {
    this.#noteLosses();
    return this.#entries.map(incidentOf).reverse();
  }

  totals(): IncidentTotals {
    this.#noteLosses();
    const open = new Map(['', ...this.#nodes].map((name) => [name, 0]));
    for (const { node } of this.#open()) open.set(node, (open.get(node) ?? 0) + 1);
    for (const node of this.#nodes) if (!this.#totals.has(node)) this.#totals.set(node, zeroes(NODE_CAUSES));
    for (const node of this.#nodes) if (!this.#sessionsLost.has(node)) this.#sessionsLost.set(node, 0);
    return { incidents: this.#totals, open, sessionsLost: this.#sessionsLost };
  }

  #suspect(node: string, since: number): void {
    if (this.#openOf(node) === undefined) this.#evidence.note(node, since);
  }

  /** Not missed by anybody: begins and recovers in the same moment. */
  #restarted(node: string, at: number, sessions: number | undefined): void {
    const entry = this.#begin('restart', node, 'restarted', at, { sessions, evidence: this.#evidence.take(node) });
    this.#lose(entry);
    this.#recover(entry, at);
  }

  #begin(
    kind: Incident['kind'],
    node: string,
    cause: IncidentCause,
    at: number,
    {
      sessions,
      evidence,
      counted = true,
    }: { sessions?: number | undefined; evidence?: Evidence | undefined; counted?: boolean },
  ): Entry {
    const stats = evidence?.stats ?? this.#evidence.countedBefore(at);
    const before = counted ? countsIn(stats, node === '' ? 'all' : node) : undefined;
    const entry: Entry = {
      id: ++this.#lastId,
      kind,
      node,
      cause,
      startedAt: at,
      detectionMs: evidence && Math.round(Math.max(0, at - evidence.since)),
      recoveredAt: undefined,
      durationMs: undefined,
      sessions,
      sessionsLost: 0,
      ...NO_COUNTS,
      before,
      overSince: 0,
      lossCounted: false,
    };
    this.#keep(entry);
    const causes: Partial<Counts<IncidentCause>> = this.#totals.get(node) ?? zeroes(NODE_CAUSES);
    causes[cause] = (causes[cause] ?? 0) + 1;
    this.#totals.set(node, causes);
    this.#options.onBegin?.(incidentOf(entry));
    return entry;
  }

  #recover(entry: Entry, at: number): void {
    this.#noteLosses(at);
    entry.recoveredAt = at;
    entry.overSince = this.#asked;
    if (entry.before === undefined) this.#end(entry);
  }

  #end(entry: Entry): void {
    entry.durationMs = Math.max(0, (entry.recoveredAt ?? entry.startedAt) - entry.startedAt);
    this.#options.onEnd?.(incidentOf(entry));
  }

  /** Sessions of nodes that have been away for longer than the grace are lost; one that errs is not away. */
  #noteLosses(now = this.#now()): void {
    const grace = this.#options.grace();
    for (const entry of this.#open()) {
      if (entry.kind !== 'ejection' || entry.cause === 'errors') continue;
      if (now - entry.startedAt >= grace) this.#lose(entry);
    }
  }

  #lose(entry: Entry): void {
    if (entry.lossCounted) return;
    entry.lossCounted = true;
    entry.sessionsLost = entry.sessions ?? 0;
    this.#sessionsLost.set(entry.node, (this.#sessionsLost.get(entry.node) ?? 0) + entry.sessionsLost);
  }

  /** Of those that are too many the oldest goes, one that has ended if there is any. */
  #keep(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length <= MOST_INCIDENTS) return;
    const ended = this.#entries.findIndex(({ durationMs }) => durationMs !== undefined);
    this.#entries.splice(Math.max(0, ended), 1);
  }

  #open(): readonly Entry[] {
    return this.#entries.filter(({ recoveredAt }) => recoveredAt === undefined);
  }

  #openOf(node: string): Entry | undefined {
    return this.#entries.find((entry) => entry.node === node && entry.recoveredAt === undefined);
  }
}

function incidentOf({ before: _before, overSince: _since, lossCounted: _counted, ...incident }: Entry): Incident {
  return incident;
}

const EJECTING: ReadonlySet<string> = new Set([...FAILURE_REASONS, 'errors']);

/** An operator who takes a node out of the pool means to. */
function isFailure(reason: string): reason is FailureReason | 'errors' {
  return EJECTING.has(reason);
}
