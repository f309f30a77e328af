/** Which node takes a request that nothing binds: one policy for each kind of request. */
import type { BalancePolicy } from '../../config/proxy-schema.ts';
import { LeastRequests } from './least-requests.ts';
import { LeastSessions } from './least-sessions.ts';
import type { Policy } from './policy.ts';
import { RandomTwo } from './random-two.ts';
import { RoundRobin } from './round-robin.ts';
import { takesBoundRequests } from './view.ts';

export interface Balancer {
  /** For requests that create a session. */
  readonly create: Policy;
  /** For every other request. */
  readonly other: Policy;
  /** For a request that any answering node may serve, draining and full ones too, when no other is left. */
  readonly lastResort: Policy;
  /** For when no node answers, and the configuration would rather try one than refuse. */
  readonly anyway: Policy;
}

/**
 * `least-sessions` governs the creation of sessions only: a static file is no session and changes no session count, so
 * everything else then goes by requests under way.
 *
 * @param random uniform in [0, 1)
 */
export function makeBalancer(balance: BalancePolicy, random: () => number = Math.random): Balancer {
  const lastResort = new LeastRequests(takesBoundRequests);
  const anyway = new LeastRequests(() => true);
  switch (balance) {
    case 'least-sessions':
      return { create: new LeastSessions(), other: new LeastRequests(), lastResort, anyway };
    case 'least-requests': {
      const policy = new LeastRequests();
      return { create: policy, other: policy, lastResort, anyway };
    }
    case 'random-two': {
      const policy = new RandomTwo(random);
      return { create: policy, other: policy, lastResort, anyway };
    }
    case 'round-robin': {
      const policy = new RoundRobin();
      return { create: policy, other: policy, lastResort, anyway };
    }
  }
}
