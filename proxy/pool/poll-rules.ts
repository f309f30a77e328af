/** How nodes are polled, as a configuration says it. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';

export type PollRules = ProxyConfig['health'] & {
  /** Below the node's base: what every node that works answers at once, with whatever status. */
  readonly elsewhere: string;
};

/** A token that no session has. */
const NOBODY = '000000000';

/** The look-up of a session that nobody has: no node may hold that back, and it changes nothing. */
export function pollRulesOf({ health, routes }: Pick<ProxyConfig, 'health' | 'routes'>): PollRules {
  const route = routes.find(
    ({ class: requestClass, method = 'GET', path }) =>
      requestClass === 'session' && method === 'GET' && !path.endsWith('/**'),
  );
  return { ...health, elsewhere: route === undefined ? '/' : route.path.replace('{id}', NOBODY) };
}
