import { labels, scrapes } from './labels.ts';
import { boundToNodes, freeForNodes } from './nodes.ts';
import { routes } from './routes.ts';
import type { ScaleScenario } from './scale-scenario.ts';
import { sessions } from './sessions.ts';
import { fewSteps, manySteps } from './steps.ts';

/** Every scenario, in the order in which they run. `most`: sessions of the large directory. */
export const scaleScenarios = (most: number): readonly ScaleScenario[] => [
  boundToNodes,
  freeForNodes,
  routes,
  sessions(most),
  labels,
  scrapes,
  fewSteps,
  manySteps,
];
