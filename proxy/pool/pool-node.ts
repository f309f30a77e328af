/** A node as the pool takes it: what is configured of it, and where that comes from. */
import type { NodeConfig } from '../../config/proxy-schema.ts';

export type PoolNode = NodeConfig & {
  /** Where it was found, such as `SRV _http._tcp.nodes.example.com`; absent: the configuration has it. */
  readonly source?: string | undefined;
  /** It is found no more since then, ms since the epoch: it keeps what is bound to it and gets nothing new. */
  readonly withdrawn?: number | undefined;
};
