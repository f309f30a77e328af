/**
 * Where a request would go by a configuration alone, by the code that a running proxy explains itself with: every node
 * up, no session known, and no node asked who owns one.
 */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { SessionDirectory } from '../affinity/directory.ts';
import { Router } from '../affinity/router.ts';
import { makeBalancer } from '../pool/balance.ts';
import { configuredNode } from '../pool/configured-node.ts';
import { LoadTable } from '../pool/load.ts';
import { StallDetector } from '../pool/stalls.ts';
import { PoolView } from '../pool/view.ts';
import { CookieRepair } from '../traffic/cookie-repair.ts';
import { explain } from '../traffic/explanation.ts';
import type { AdminAnswer } from './admin-answer.ts';
import { NOBODY } from './caller.ts';
import { explainRoute } from './explain-route.ts';

/** What `/explain` would answer. */
export async function explainByConfig(config: ProxyConfig, query: URLSearchParams): Promise<AdminAnswer> {
  const directory = new SessionDirectory(config.affinity);
  const router = new Router({
    config,
    directory,
    load: new LoadTable(),
    balancer: makeBalancer(config.balance),
    stalls: new StallDetector(),
    signature: CookieRepair.for(config, () => {})?.signature,
  });
  const nodes = config.nodes.map((node, index) =>
    configuredNode(node, { index, state: 'up', operator: 'ready', since: 0 }),
  );
  const view = new PoolView({ version: 1, nodes });
  const owners = { find: async () => ({ outcome: 'failed' }) as const };
  const route = explainRoute({
    config: () => config,
    listeners: () => config.listeners.map(({ host, port }) => ({ host, port })),
    explain: async (request, listener) => {
      const told = await explain({ config, router, view, owners, leaving: false }, request, listener);
      const why = told.lookUp === null ? told.why : `${told.why} A running proxy would ask the nodes first.`;
      return { pid: process.pid, explanation: { ...told, lookUp: null, why } };
    },
  });
  return route.answer({ name: '', query, accept: '', caller: NOBODY });
}
