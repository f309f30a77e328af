/** All that is fuzzed. */
import { ANSWERS } from './answers.ts';
import { EXCHANGES } from './exchanges.ts';
import { PIPELINES } from './pipelines.ts';
import { REQUESTS } from './requests.ts';
import type { Target } from './target.ts';
import { TRAFFIC } from './traffic.ts';
import { TUNNELS } from './tunnels.ts';

export const TARGETS: readonly Target[] = [REQUESTS, ANSWERS, PIPELINES, EXCHANGES, TRAFFIC, TUNNELS];
