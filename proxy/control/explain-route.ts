/** Where the admin listener tells where a request would go: `/explain?url=…&cookie=…&token=…&method=…`. */

import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { RoutingRequest } from '../affinity/decision.ts';
import { type QuestionReading, readQuestion } from '../affinity/question.ts';
import type { Address } from '../anchor/messages.ts';
import type { Explanation } from '../traffic/explanation.ts';
import { type AdminAnswer, errorAnswer, json } from './admin-answer.ts';
import type { AdminRoute } from './admin-routes.ts';

/** Of the worker that decided; what others have learnt of sessions may differ. */
export interface WorkerExplanation {
  readonly pid: number;
  readonly explanation: Explanation;
}

export interface ExplainSource {
  readonly config: () => ProxyConfig;
  /** As they are bound, in the order of the configuration. */
  readonly listeners: () => readonly Address[];
  /** undefined: no worker answered in time. */
  readonly explain: (
    request: RoutingRequest,
    listener: number,
    deadlineMs: number,
  ) => Promise<WorkerExplanation | undefined>;
}

/** What `/explain` answers. */
export interface ExplainAnswer extends Explanation {
  readonly listener: Address | null;
  readonly worker: number;
}

/** For a worker to answer, beside what it may wait for the nodes. */
const ANSWER_MS = 500;
const PARAMETERS = ['url', 'cookie', 'token', 'method'] as const;

export function explainRoute(source: ExplainSource): AdminRoute {
  return {
    method: 'GET',
    access: 'read',
    path: '/explain',
    answer: async ({ query }) => {
      const unknown = [...query.keys()].find((name) => !PARAMETERS.some((known) => known === name));
      if (unknown !== undefined) {
        return badRequest(`${JSON.stringify(unknown)}: expected ${PARAMETERS.join(', ')} only`);
      }
      const [url, cookie, token, method] = PARAMETERS.map((name) => query.get(name) ?? '') as [
        string,
        string,
        string,
        string,
      ];
      if (url + cookie + token === '') return badRequest('expected a url, a cookie or a token');
      const reading = readQuestion({ url, cookie, token, method }, source.config());
      return reading.ok ? explained(source, reading) : badRequest(reading.problem);
    },
  };
}

async function explained(
  { config, listeners, explain }: ExplainSource,
  { request, port }: Extract<QuestionReading, { ok: true }>,
): Promise<AdminAnswer> {
  const bound = listeners();
  const listener = Math.max(
    0,
    bound.findIndex((address) => address.port === port),
  );
  const told = await explain(request, listener, config().affinity.lookup.timeout + ANSWER_MS);
  if (told === undefined) return errorAnswer(503, 'no_worker', 'No worker answers at the moment.');
  const answer: ExplainAnswer = { ...told.explanation, listener: bound[listener] ?? null, worker: told.pid };
  return json(200, answer);
}

function badRequest(message: string): AdminAnswer {
  return errorAnswer(400, 'bad_request', message);
}
