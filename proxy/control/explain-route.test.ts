import assert from 'node:assert/strict';
import test from 'node:test';
import { proxySchema } from '../../config/proxy-schema.ts';
import type { RoutingRequest } from '../affinity/decision.ts';
import type { Explanation } from '../traffic/explanation.ts';
import { NOBODY } from './caller.ts';
import { type ExplainSource, explainRoute } from './explain-route.ts';

const CONFIG = proxySchema.parse({ nodes: [{ name: 'CB_1', url: 'http://127.0.0.1:8701/cobrowse' }] });
const EXPLANATION: Explanation = {
  action: 'forward',
  class: 'live',
  by: 'cookie',
  verdict: 'bound',
  conflict: false,
  node: 'CB_1',
  nodeState: 'up',
  strict: true,
  lookUp: null,
  refusal: null,
  status: null,
  why: 'It goes to node CB_1 and no other.',
};

async function answerOf(query: string, differences: Partial<ExplainSource> = {}) {
  const asked: [RoutingRequest, number][] = [];
  const route = explainRoute({
    config: () => CONFIG,
    listeners: () => [
      { host: '127.0.0.1', port: 8700 },
      { host: '127.0.0.1', port: 8750 },
    ],
    explain: async (request, listener) => {
      asked.push([request, listener]);
      return { pid: 42, explanation: EXPLANATION };
    },
    ...differences,
  });
  const asking = { name: '', query: new URLSearchParams(query), accept: '', caller: NOBODY };
  const { status, body } = await route.answer(asking);
  return { status, asked, body: JSON.parse(body) };
}

test('a worker is asked, for the listener that the URL names by its port', async () => {
  const { status, body, asked } = await answerOf('url=http://lb.example:8750/cobrowse/cometd&cookie=CB_1');
  assert.equal(status, 200);
  assert.deepEqual(body, { ...EXPLANATION, listener: { host: '127.0.0.1', port: 8750 }, worker: 42 });
  assert.equal(asked[0]?.[1], 1);
  assert.equal((await answerOf('url=https://lb.example/&cookie=CB_1')).asked[0]?.[1], 0, 'else the first');
});

for (const [query, message] of [
  ['', 'expected a url, a cookie or a token'],
  ['method=GET', 'expected a url, a cookie or a token'],
  ['uri=/', '"uri": expected url, cookie, token, method only'],
  ['url=x', 'url: expected http://…, https://… or a path such as /cobrowse/'],
] as const) {
  test(`/explain?${query}: ${message}`, async () => {
    const { status, body } = await answerOf(query);
    assert.deepEqual([status, body], [400, { error: { code: 'bad_request', message } }]);
  });
}

test('without a worker there is no answer', async () => {
  const { status, body } = await answerOf('cookie=CB_1', { explain: async () => undefined });
  assert.deepEqual([status, body.error.code], [503, 'no_worker']);
});
