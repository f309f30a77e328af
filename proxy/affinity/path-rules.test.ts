import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { proxySchema } from '../../config/proxy-schema.ts';
import { makeBalancer } from '../pool/balance.ts';
import { LoadTable } from '../pool/load.ts';
import { StallDetector } from '../pool/stalls.ts';
import { aNode } from '../pool/testing/nodes.ts';
import { PoolView } from '../pool/view.ts';
import { hostileTarget, readingsOf } from '../testing/path-readings.ts';
import { targetFor } from './decision.ts';
import { SessionDirectory } from './directory.ts';
import { PathRules } from './path-rules.ts';
import { Router } from './router.ts';

const HOST = 'lb:8700';
const config = proxySchema.parse({
  nodes: [{ name: 'CB_1', url: 'http://10.0.0.1/app', serverUrl: `http://${HOST}/n1/cobrowse` }],
});
const [node] = config.nodes;
assert.ok(node);
const snapshot = aNode(0, { name: node.name, serverUrl: node.serverUrl, ...node.url, state: 'up' });
const view = new PoolView({ version: 1, nodes: [snapshot] });
const router = new Router({
  config,
  directory: new SessionDirectory(config.affinity),
  load: new LoadTable(),
  balancer: makeBalancer('random-two'),
  stalls: new StallDetector(),
});

function rulesOf(listener: object): PathRules | undefined {
  const [parsed] = proxySchema.parse({ nodes: [{ name: 'a', url: 'http://a' }], listeners: [listener] }).listeners;
  assert.ok(parsed);
  return PathRules.of(parsed);
}

const PUBLIC = rulesOf({ audience: 'public' });
const NO_HISTORY = rulesOf({ deny: [{ path: '/rest/history/**' }] });

/** What the node is asked for, or why it is not. */
function decide(rules: PathRules | undefined, method: string, target: string): string {
  const decision = router.decide(view, { method, target, authority: HOST, cookie: '' }, 0, rules);
  if (decision.action === 'forward') return targetFor(decision, snapshot);
  return decision.action === 'deny' || decision.action === 'refuse' ? decision.code : decision.action;
}

describe('a public listener', () => {
  for (const [request, expected] of [
    ['POST /cobrowse/rest/live/sessions', '/app/rest/live/sessions'],
    ['OPTIONS /cobrowse/rest/live/sessions', '/app/rest/live/sessions'],
    ['GET /cobrowse/rest/live/sessions/123456789?x=/../y', 'look-up'],
    ['GET /n1/cobrowse/rest/live/sessions/123456789', '/app/rest/live/sessions/123456789'],
    ['POST /cobrowse/cometd/handshake', '/app/cometd/handshake'],
    ['GET /cobrowse/cometd', '/app/cometd'],
    ['HEAD /cobrowse/js/gcb.min.js', '/app/js/gcb.min.js'],
    ['GET /cobrowse/health', 'health'],
    ['GET /cobrowse/rest/history/sessions/1', 'not_exposed'],
    ['GET /n1/cobrowse/rest/history/sessions/1', 'not_exposed'],
    ['DELETE /cobrowse/rest/live/sessions', 'not_exposed'],
    ['POST /cobrowse/js/gcb.min.js', 'not_exposed'],
    ['GET /cobrowse', 'not_exposed'],
    ['GET /cobrowse/', 'not_exposed'],
    ['GET /cobrowse/metrics', 'not_exposed'],
    ['GET /cobrowse/cometdx', 'not_exposed'],
    ['GET /cobrowse/Rest/live/sessions/1', 'not_exposed'],
    ['GET /metrics', 'not_exposed'],
    ['GET /', 'not_exposed'],
    ['OPTIONS *', 'not_exposed'],
    ['GET /cobrowse/js/../rest/history/sessions/1', 'bad_target'],
    ['GET /cobrowse/js/..%2frest%2fhistory%2fsessions/1', 'bad_target'],
    ['GET /cobrowse/js/..;/rest/history/sessions/1', 'bad_target'],
    ['GET //cobrowse/js/x.js', 'bad_target'],
    ['GET /app/../cobrowse/health', 'bad_target'],
  ] as const) {
    const [method = '', target = ''] = request.split(' ');
    it(`${request}: ${expected}`, () => assert.equal(decide(PUBLIC, method, target), expected));
  }

  it('serves what its own list says, in place of the default', () => {
    const rules = rulesOf({ audience: 'public', allow: [{ path: '/demo/**', methods: ['GET'] }] });
    assert.equal(decide(rules, 'GET', '/cobrowse/demo/'), '/app/demo/');
    assert.equal(decide(rules, 'POST', '/cobrowse/demo/'), 'not_exposed');
    assert.equal(decide(rules, 'GET', '/cobrowse/health'), 'not_exposed');
  });

  it('may deny what its list allows', () => {
    const deny = [{ path: '/rest/live/users/{id}/session/stop' }, { path: '/cometd/**', methods: ['GET'] }];
    const rules = rulesOf({ audience: 'public', deny });
    assert.equal(decide(rules, 'GET', '/cobrowse/rest/live/users/u1/session/stop'), 'not_exposed');
    assert.equal(decide(rules, 'GET', '/cobrowse/rest/live/users/u1/session/STOP/'), 'not_exposed');
    assert.equal(decide(rules, 'HEAD', '/cobrowse/cometd'), 'not_exposed');
    assert.equal(decide(rules, 'POST', '/cobrowse/cometd'), '/app/cometd');
  });
});

describe('a listener', () => {
  it('serves all that nothing is said of, as it came', () => {
    assert.equal(rulesOf({}), undefined);
    assert.equal(decide(undefined, 'GET', '/cobrowse/a/..//%2e;x'), '/app/a/..//%2e;x');
    assert.equal(decide(rulesOf({ allow: [{ path: '/**' }] }), 'PROPFIND', '/cobrowse/a'), '/app/a');
  });

  it('that denies something serves nothing outside of the base, where a node might find it as well', () => {
    assert.equal(decide(NO_HISTORY, 'GET', '/cobrowse/rest/live/x'), '/app/rest/live/x');
    assert.equal(decide(NO_HISTORY, 'GET', '/app/rest/history/sessions/1'), 'not_exposed');
  });

  for (const path of ['/rest/history', '/rest/history/', '/REST/History/x', '/rest/h%C4%B1story/x']) {
    it(`denies ${path} with /rest/history/**`, () => {
      assert.equal(decide(NO_HISTORY, 'GET', `/cobrowse${path}`), 'not_exposed');
    });
  }
});

describe('whatever is let through', () => {
  for (const [what, rules] of [
    ['a default public listener', PUBLIC],
    ['a listener that denies', NO_HISTORY],
    ['a listener that allows little', rulesOf({ allow: [{ path: '/js/**' }, { path: '/{id}/x' }] })],
  ] as const) {
    it(`by ${what} is no history to any node, and nothing outside of its application`, () => {
      let forwarded = 0;
      fc.assert(
        fc.property(hostileTarget, fc.constantFrom('GET', 'POST', 'HEAD'), (target, method) => {
          const asked = decide(rules, method, target);
          if (!asked.startsWith('/')) return;
          forwarded++;
          for (const reading of readingsOf(asked)) {
            assert.match(reading, /^\/app(?:\/|$)/, `${target} is ${reading} to a node`);
            assert.doesNotMatch(reading, /^\/app\/rest\/history(?:\/|$)/, `${target} is ${reading} to a node`);
          }
        }),
        { numRuns: 5000 },
      );
      assert.ok(forwarded > 0, 'something was let through');
    });
  }
});
