import { nodeNames } from '../backend-facts.ts';
import { boundHeads } from '../scenarios/requests.ts';
import { COST, measureCost, type ScaleScenario } from './scale-scenario.ts';
import { proveBound, type Variant } from './variant.ts';

const SIZES: ReadonlyMap<string, number> = new Map([
  ['3 nodes', 3],
  ['300 nodes', 300],
]);
const VARIANTS: readonly Variant[] = Array.from(SIZES, ([name, nodes]) => ({ name, nodes }));

export const MOST_NODES = Math.max(...SIZES.values());

const namesFor = (variant: string): string[] => nodeNames(SIZES.get(variant) ?? 0);

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
