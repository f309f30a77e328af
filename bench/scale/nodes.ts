import { nodeNames } from '../backend-facts.ts';
import { boundHeads } from '../scenarios/requests.ts';
import { COST, measureCost, type ScaleScenario } from './scale-scenario.ts';
import { proveBound, type Variant } from './variant.ts';

const FEW = 3;
export const MOST_NODES = 300;

/** What polling them costs is told apart from what their number costs. */
const RARELY = { health: { interval: '1m' } };
const VARIANTS: readonly Variant[] = [
  { name: `${FEW} nodes`, nodes: FEW },
  { name: `${MOST_NODES} nodes`, nodes: MOST_NODES },
  { name: `${MOST_NODES} nodes, polled once a minute`, nodes: MOST_NODES, settings: RARELY },
];

const namesFor = (variant: string): string[] => nodeNames(VARIANTS.find(({ name }) => name === variant)?.nodes ?? 0);

export const boundToNodes: ScaleScenario = {
  name: 'nodes-bound',
  summary: 'GET with the cookie of one node after the other, 114 bytes of JSON, keep-alive',
  metrics: COST,
  variants: VARIANTS,
  prove: (target) => proveBound(target, namesFor(target.name)),
  measure: (running, drive) =>
    measureCost(running, drive, boundHeads('GET', '/answer', '', namesFor(running.target.name))),
};

export const freeForNodes: ScaleScenario = {
  name: 'nodes-free',
  summary: 'the same without a cookie: the balancing policy chooses',
  metrics: COST,
  variants: VARIANTS,
  prove: (target) => proveBound(target, namesFor(target.name)),
  measure: (running, drive) => measureCost(running, drive, boundHeads('GET', '/answer', '', ['unknown'])),
};
