/** Everything that is answered on the admin listener, and by which part of the primary. */
import { Exposition } from '../observe/exposition.ts';
import type { HealthPoller } from '../pool/poller.ts';
import { type AdminRoute, adminRoutes } from './admin-routes.ts';
import { dashboardRoutes } from './dashboard-routes.ts';
import { explainRoute } from './explain-route.ts';
import type { FailoverReport } from './failover-report.ts';
import type { InForce } from './in-force.ts';
import type { LiveFeed } from './live-feed.ts';
import type { NodeOperator } from './node-operator.ts';
import type { Overview } from './overview.ts';
import type { Reloader } from './reloader.ts';
import { reportRoutes } from './report-routes.ts';
import type { Supervisor } from './supervisor.ts';

export interface AllRoutesOptions {
  readonly inForce: Pick<InForce, 'config'>;
  readonly overview: Overview;
  readonly poller: HealthPoller;
  readonly supervisor: Supervisor;
  readonly operator: NodeOperator;
  readonly reloader: Reloader;
  readonly report: FailoverReport;
  readonly feed: LiveFeed;
}

export function allRoutes(parts: AllRoutesOptions): readonly AdminRoute[] {
  const { inForce, overview, poller, supervisor, operator, reloader, report, feed } = parts;
  const exposition = new Exposition();
  return [
    ...adminRoutes({
      metrics: async (format) => exposition.render(await overview.observe(), format),
      readiness: () => overview.readiness(),
      status: () => overview.status(),
      nodeNames: () => poller.snapshot().nodes.map(({ name }) => name),
      node: (name) => overview.node(name),
      order: (node, order, by) => operator.order(node, order, by),
      reload: (by) => reloader.reload('POST /reload', by),
    }),
    ...reportRoutes(report),
    ...dashboardRoutes(feed),
    explainRoute({
      config: () => inForce.config,
      listeners: () => supervisor.addresses,
      explain: (request, listener, deadlineMs) => supervisor.crew.explain(request, listener, deadlineMs),
    }),
  ];
}
