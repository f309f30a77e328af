/** What a scrape looks at: the node as it is at that moment. */
import type { LiveTraffic, Transport } from '../live/traffic.ts';
import type { SessionCounts } from '../sessions/service.ts';
import type { StoreStatus } from '../sessions/store.ts';

export interface MetricSources {
  readonly version: string;
  readonly maxSessions: number;
  readonly draining: () => boolean;
  readonly sessions: () => SessionCounts;
  readonly store: () => StoreStatus;
  readonly live: () => LiveSource;
}

export interface LiveSource {
  readonly traffic: LiveTraffic;
  /** Present ones that used this transport last. */
  clients(transport: Transport): number;
}
