import { ANSWER_BYTES } from '../backend-facts.ts';
import { proveRouting } from '../harness/prove.ts';
import { boundRequests, type Scenario } from './scenario.ts';

export const smallAnswers: Scenario = {
  name: 'small-answers',
  summary: `GET with sticky cookie, ${ANSWER_BYTES} bytes of JSON, keep-alive`,
  prove: proveRouting,
  load: ({ port }, { generator, connections, seconds }) =>
    generator.run({ port, requests: boundRequests(), connections, seconds }),
};
