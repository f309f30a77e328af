/** What a fault is: what is done to the nodes, to what is behind them, or to the proxy, and how it is undone. */
import type { Running } from '../harness/contender.ts';
import type { BundledCluster } from './bundled-cluster.ts';
import type { Cluster, ClusterOptions } from './cluster.ts';

/** What only the fault itself could see. */
export type Findings = {
  /** From the proxy's death to the end of its last worker, ms; undefined: one was still there at the end. */
  readonly workersGoneMs?: number | undefined;
  /** What an operator had ordered before was in force after. */
  readonly ordersKept?: boolean;
};

export type Scene<Nodes = Cluster> = {
  readonly cluster: Nodes;
  readonly contender: Running;
  readonly note: (findings: Findings) => void;
  /** For a fault that has to prepare itself: it counts from this call on. Else from the call of `strike`. */
  readonly strikesNow: () => void;
};

export type Acts<Nodes> = {
  /** Resolves when the fault is in force. */
  readonly strike: (scene: Scene<Nodes>) => Promise<void>;
  /** Resolves when what was struck works again. Unset: it does so by the end of `strike`. */
  readonly heal?: (scene: Scene<Nodes>) => Promise<void>;
};

export type Facts = {
  readonly name: string;
  readonly summary: string;
  /** The nodes whose channels it takes: one or all. `none`: it strikes the proxy; `store`: what is behind the nodes. */
  readonly strikes: 'victim' | 'all' | 'none' | 'store';
  /** Requests wait at it unread: a balancer that resets its connection takes them from the node's records. */
  readonly unread?: boolean;
  /** Undefined: every contender. */
  readonly only?: string;
  /** Why it cannot be had on this machine, or undefined when it can. */
  readonly missing?: () => string | undefined;
};

/** With the nodes of this benchmark, which record what they get. */
export type RecordedFault = Facts & Acts<Cluster> & ClusterOptions & { readonly nodes?: 'recording' };
/** With the bundled nodes and their Redis. */
export type BundledFault = Facts & Acts<BundledCluster> & { readonly nodes: 'bundled' };
export type Fault = RecordedFault | BundledFault;
