import { newConnections } from './new-connections.ts';
import type { Scenario } from './scenario.ts';
import { smallAnswers } from './small-answers.ts';

/** Every scenario, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [smallAnswers, newConnections];
