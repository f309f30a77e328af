import { ANSWER_BYTES } from '../backend-facts.ts';
import { proveRouting } from '../harness/prove.ts';
import { boundRequests, exchangeMetrics, measureRequests } from './requests.ts';
import type { Scenario } from './scenario.ts';

export const smallAnswers: Scenario = {
  name: 'small-answers',
  summary: `GET with sticky cookie, ${ANSWER_BYTES} bytes of JSON, keep-alive`,
  metrics: exchangeMetrics('request'),
  prove: proveRouting,
  measure: (contender, drive) => measureRequests(contender, drive, boundRequests()),
};
