/** What a metric is, and what its values are made of. */
import type { SourceReport } from '../discovery/dns-watch.ts';
import type { NodeState, PoolSnapshot } from '../pool/view.ts';
import type { HistogramSnapshot } from './histogram.ts';
import type { IncidentTotals } from './incidents.ts';
import type { AdminRefusal, Counts, ReloadResult } from './labels.ts';
import type { PairResult } from './pair-check.ts';
import type { StatsSnapshot } from './snapshot.ts';

export interface CertificateExpiry {
  /** As the configuration says it, `host:port`. */
  readonly listener: string;
  readonly index: number;
  /** '' for one that has none. */
  readonly name: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

/** Everything that a scrape shows, at one moment. */
export interface Observed {
  readonly version: string;
  /** Summed over the workers, those that are gone included. */
  readonly stats: StatsSnapshot;
  readonly pool: PoolSnapshot;
  /** By node name. */
  readonly polls: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly stateChanges: ReadonlyMap<string, Readonly<Counts<NodeState>>>;
  readonly incidents: IncidentTotals;
  readonly pairs: Readonly<Counts<PairResult>>;
  readonly reloads: {
    readonly counts: Readonly<Counts<ReloadResult>>;
    readonly lastSucceeded: boolean;
  };
  /** By the admin listener. */
  readonly adminRefusals: Readonly<Counts<AdminRefusal>>;
  /** In force at the listeners. */
  readonly certificates: readonly CertificateExpiry[];
  /** Where nodes are looked up. */
  readonly sources: readonly SourceReport[];
  readonly workers: {
    /** Accepting connections now. */
    readonly listening: number;
    readonly restarts: number;
    /** Those that are gone included. */
    readonly cpuSeconds: number;
    readonly residentBytes: number;
  };
}

type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Series {
  readonly labels: Labels;
  readonly histogram: HistogramSnapshot;
}

interface Described {
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
  /** What values each takes: all there are, or in words. */
  readonly labels: Readonly<Record<string, readonly string[] | string>>;
}

export interface NumberMetric extends Described {
  readonly type: 'counter' | 'gauge';
  readonly samples: (observed: Observed) => Iterable<Sample>;
}

export interface HistogramMetric extends Described {
  readonly type: 'histogram';
  readonly series: (observed: Observed) => Iterable<Series>;
}

export type MetricDeclaration = NumberMetric | HistogramMetric;

export const METRIC_PREFIX = 'cobrowse_proxy_';
