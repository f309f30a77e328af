/** Who takes part in the failover benchmark: this proxy with its defaults, and its peers configured for failover. */
import { cobrowseProxy, haproxy, nginx } from '../contenders.ts';
import type { Contender } from '../harness/contender.ts';

/** Two workers, as the peers have: one may die. */
export const ours: Contender = cobrowseProxy(2);
export const OURS = ours.name;

export const FAILOVER_CONTENDERS: readonly Contender[] = [
  ours,
  nginx('failover-nginx.conf'),
  haproxy('failover-haproxy.cfg'),
];
