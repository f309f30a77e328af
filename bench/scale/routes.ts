import { NODE_NAMES } from '../backend-facts.ts';
import { boundRequests } from '../scenarios/requests.ts';
import { COST, measureCost, type ScaleScenario } from './scale-scenario.ts';
import { proveBound } from './variant.ts';

/** As many as a configuration may have. */
const MOST_ROUTES = 64;
/** Alike up to their end, so that none is told from the request by its first letters. */
const ROUTES = Array.from({ length: MOST_ROUTES }, (_, index) => ({
  class: 'session',
  method: 'GET',
  path: `/answer/of/application-${index}/{id}`,
}));

export const routes: ScaleScenario = {
  name: 'routes',
  summary: 'GET with sticky cookie, of a path that no route matches',
  metrics: COST,
  variants: [
    { name: '5 routes', nodes: NODE_NAMES.length },
    { name: `${MOST_ROUTES} routes`, nodes: NODE_NAMES.length, settings: { routes: ROUTES } },
  ],
  prove: (target) => proveBound(target, NODE_NAMES),
  measure: (running, drive) => measureCost(running, drive, boundRequests()),
};
