/** What the primary and its workers say to each other: plain JSON over the channel that node:cluster opens. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { StatsSnapshot } from '../observe/snapshot.ts';
import type { PoolSnapshot } from '../pool/view.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a worker reports about itself. */
export interface WorkerReport {
  readonly stats: StatsSnapshot;
  /** User and system time since its start. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/**
 * - `start`: listen, then answer `listening`. Answers `booted`.
 * - `pool`: the pool changed.
 * - `report-request`: answer with a `report` of the same id.
 * - `shutdown`: accept nothing more, finish within `deadlineMs`, exit.
 */
export type ToWorker =
  | { readonly type: 'start'; readonly config: ProxyConfig; readonly pool: PoolSnapshot }
  | { readonly type: 'pool'; readonly pool: PoolSnapshot }
  | { readonly type: 'report-request'; readonly id: number }
  | { readonly type: 'shutdown'; readonly deadlineMs: number };

/**
 * - `booted`: hears messages now.
 * - `listening`: accepts connections, at these addresses in the order of the configuration.
 * - `report`: `id` 0 is one that nobody asked for, sent before the worker exits.
 * - `node-refused`: could not connect to the node; poll it now.
 * - `fatal`: cannot work, and why; it exits next. `code` is that of the system error, such as `EADDRINUSE`.
 */
export type FromWorker =
  | { readonly type: 'booted' }
  | { readonly type: 'listening'; readonly addresses: readonly Address[] }
  | { readonly type: 'report'; readonly id: number; readonly report: WorkerReport }
  | { readonly type: 'node-refused'; readonly node: string }
  | { readonly type: 'fatal'; readonly message: string; readonly code: string };
