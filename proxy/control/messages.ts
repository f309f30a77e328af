/** What the primary and its workers say to each other: plain JSON, which the anchor passes on. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { RoutingRequest } from '../affinity/decision.ts';
import type { SessionTrail } from '../observe/session-trail.ts';
import type { Sighting } from '../observe/sighting.ts';
import type { NodeStats, StatsSnapshot } from '../observe/snapshot.ts';
import type { PoolChange } from '../pool/pool-change.ts';
import type { NodeSigns } from '../pool/signs.ts';
import type { PoolSnapshot } from '../pool/view.ts';
import type { WorkerTls } from '../tls/listener-tls.ts';
import type { Explanation } from '../traffic/explanation.ts';
import type { Spending } from '../traffic/request-rates.ts';

/** What a worker reports about itself. */
export interface WorkerReport {
  readonly stats: StatsSnapshot;
  /** User and system time since its start. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/**
 * - `start`: listen on the inherited sockets, then answer `listening`. Answers `booted`. `aliasKey` is that of
 *   `SessionAliases`.
 * - `pool`: the pool changed. `pool-change`: what of it did, since the last that the worker was told.
 * - `config`: the configuration changed, and perhaps certificates and the pool with it; sockets stay as they are.
 * - `ticket-secret`: another one; see `sessionKeysOf`.
 * - `spending`: what clients used of their rates at another worker.
 * - `close-tunnels`: close those to this node, so many a second.
 * - `report-request`: answer with a `report` of the same id.
 * - `trail-request`: answer with the `trail` of the session with this alias, under the same id.
 * - `explain-request`: answer with an `explanation` of this request to that listener, under the same id.
 * - `retire`: others take over; accept nothing more, and exit when all is finished, however long it takes up to
 *   `deadlineMs`.
 * - `leaving`: a shutdown is near; say so to whoever asks for the health of the proxy.
 * - `shutdown`: accept nothing more, finish within `deadlineMs`, exit.
 */
export type ToWorker =
  | {
      readonly type: 'start';
      readonly config: ProxyConfig;
      readonly tls: WorkerTls;
      readonly pool: PoolSnapshot;
      readonly aliasKey: string;
    }
  | { readonly type: 'pool'; readonly pool: PoolSnapshot }
  | { readonly type: 'pool-change'; readonly change: PoolChange }
  | { readonly type: 'config'; readonly config: ProxyConfig; readonly tls: WorkerTls; readonly pool: PoolSnapshot }
  | { readonly type: 'ticket-secret'; readonly secret: string }
  | { readonly type: 'spending'; readonly spending: readonly Spending[] }
  | { readonly type: 'close-tunnels'; readonly node: string; readonly perSecond: number }
  | { readonly type: 'report-request'; readonly id: number }
  | { readonly type: 'trail-request'; readonly id: number; readonly alias: string }
  | {
      readonly type: 'explain-request';
      readonly id: number;
      readonly request: RoutingRequest;
      readonly listener: number;
    }
  | { readonly type: 'retire'; readonly deadlineMs: number }
  | { readonly type: 'leaving' }
  | { readonly type: 'shutdown'; readonly deadlineMs: number };

/** Of `FromWorker`: what traffic has to tell of nodes. */
export type NodeNews =
  | { readonly type: 'node-refused'; readonly node: string }
  | { readonly type: 'suspect'; readonly node: string }
  | { readonly type: 'signs'; readonly signs: readonly NodeSigns[] };

/**
 * - `booted`: hears messages now.
 * - `listening`: accepts connections.
 * - `report-piece`: some nodes of a report that is too large to be made at once.
 * - `report`: the rest of it. `id` 0 is one that nobody asked for, sent before the worker exits.
 * - `trail`: what is remembered of a session, empty for one that is not known.
 * - `explanation`: where a request would go.
 * - `sightings`: where sessions were seen; `skipped` more were not kept.
 * - `node-refused`: could not connect to the node; poll it now.
 * - `suspect`: the node owes answers and gives none; poll it now, and believe a failure at once.
 * - `signs`: what answers, and their absence, say of the nodes; a few times a second while there are any.
 * - `spending`: what clients used of their rates, for the other workers; a few times a second while there is any.
 * - `fatal`: cannot work, and why; it exits next. `code` is that of the system error, such as `EADDRINUSE`.
 */
export type FromWorker =
  | { readonly type: 'booted' }
  | { readonly type: 'listening' }
  | { readonly type: 'report-piece'; readonly id: number; readonly nodes: readonly NodeStats[] }
  | { readonly type: 'report'; readonly id: number; readonly report: WorkerReport }
  | { readonly type: 'trail'; readonly id: number; readonly trail: SessionTrail }
  | { readonly type: 'explanation'; readonly id: number; readonly explanation: Explanation }
  | { readonly type: 'sightings'; readonly sightings: readonly Sighting[]; readonly skipped: number }
  | NodeNews
  | { readonly type: 'spending'; readonly spending: readonly Spending[] }
  | { readonly type: 'fatal'; readonly message: string; readonly code: string };
