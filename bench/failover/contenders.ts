/** Who takes part in the failover benchmark: this proxy with its defaults, and its peers configured for failover. */
import { cobrowseProxy, haproxy, nginx } from '../contenders.ts';
import type { Contender } from '../harness/contender.ts';

export const ours: Contender = cobrowseProxy;
export const OURS = ours.name;

export const FAILOVER_CONTENDERS: readonly Contender[] = [
  ours,
  nginx('failover-nginx.conf'),
  haproxy('failover-haproxy.cfg'),
];
