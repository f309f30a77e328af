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

const overNodes = (name: string, summary: string, cookiesFor: (variant: string) => string[]): ScaleScenario => ({
  name,
  summary,
  metrics: COST,
  variants: VARIANTS,
  prove: (target) => proveBound(target, namesFor(target.name)),
  measure: (running, drive) =>
    measureCost(running, drive, boundHeads('GET', '/answer', '', cookiesFor(running.target.name))),
});

export const boundToNodes = overNodes(
  'nodes-bound',
  'GET with the cookie of one node after the other, 114 bytes of JSON, keep-alive',
  namesFor,
);

export const freeForNodes = overNodes('nodes-free', 'the same without a cookie: the balancing policy chooses', () => [
  'unknown',
]);
