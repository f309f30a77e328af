/** The faults of what is behind the nodes. */
import { OURS } from './contenders.ts';
import type { BundledFault } from './fault.ts';
import { missingRedis } from './redis-server.ts';

const redisGone: BundledFault = {
  name: 'redis-gone',
  summary: 'SIGKILL to the Redis of two bundled nodes, at the end started again, empty',
  strikes: 'store',
  only: OURS,
  nodes: 'bundled',
  missing: missingRedis,
  strike: ({ cluster }) => cluster.redis.kill(),
  heal: ({ cluster }) => cluster.redis.start(),
};

export const STORE_FAULTS: readonly BundledFault[] = [redisGone];
