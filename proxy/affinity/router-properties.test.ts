import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { proxySchema } from '../../config/proxy-schema.ts';
import { makeBalancer } from '../pool/balance.ts';
import { LoadTable } from '../pool/load.ts';
import { StallDetector } from '../pool/stalls.ts';
import { aNode } from '../pool/testing/nodes.ts';
import { PoolView, takesBoundRequests, takesNewSessions } from '../pool/view.ts';
import type { Decision, RoutingRequest } from './decision.ts';
import { SessionDirectory } from './directory.ts';
import { Router } from './router.ts';

const NOW = 100_000;
const SESSION = '0123456789abcdef01234567';
const NAMES = ['CB_1', 'CB_10', 'cb.2-x'];

const config = proxySchema.parse({
  affinity: { directory: 10 },
  balance: 'random-two',
  nodes: NAMES.map((name, index) => ({
    name,
    url: `http://10.0.0.${index}:8700/cobrowse`,
    serverUrl: `http://lb:8700/n${index}/cobrowse`,
  })),
});

const view = fc
  .array(
    fc.record({
      state: fc.constantFrom('unknown', 'up', 'draining', 'down'),
      since: fc.constantFrom(0, NOW - 1),
      sessions: fc.constantFrom(undefined, 1, 5),
      capacity: fc.constantFrom(undefined, 5),
      instanceId: fc.constantFrom(undefined, 'i-1', 'i-2'),
      instanceSince: fc.constantFrom(10, 20),
    }),
    { minLength: NAMES.length, maxLength: NAMES.length },
  )
  .map((abouts) => {
    const nodes = config.nodes.map(({ name, serverUrl, url }, index) =>
      aNode(index, { name, serverUrl, ...url, ...abouts[index] }),
    );
    return new PoolView({ version: 1, nodes });
  });

const request: fc.Arbitrary<RoutingRequest> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS'),
  target: fc
    .tuple(
      fc.constantFrom('/cobrowse', '/n0/cobrowse', '/n1/cobrowse', '/n10/cobrowse', ''),
      fc.constantFrom(
        '/rest/live/sessions',
        '/rest/live/sessions/123',
        '/rest/live/users/u1/session/stop',
        '/cometd/x',
        '/health',
        '/js/x.js',
        '',
      ),
      fc.constantFrom('', '?a=/b'),
    )
    .map((parts) => parts.join('') || '/'),
  authority: fc.constantFrom('lb:8700', 'lb', ''),
  cookie: fc.oneof(
    fc.constantFrom('', ...NAMES.map((name) => `gcbSessionServer=${name}`)),
    fc.string().map((value) => `gcbSessionServer=${value}`),
    fc
      .tuple(
        fc.constantFrom(...NAMES),
        fc.constantFrom(...NAMES, 'CB_9'),
        fc.constantFrom('i-1', 'i-2', 'i-3', ''),
        fc.constantFrom('1', 'f', 'zz', '-'),
        fc.constantFrom('', SESSION, 'x'),
      )
      .map(([name, ...companion]) => `gcbSessionServer=${name}; gcbSessionServerInstance=${companion.join('~')}`),
  ),
});

/** As a worker or replica that has just begun. */
function freshRouter(): Router {
  const directory = new SessionDirectory(config.affinity);
  return new Router({
    config,
    directory,
    load: new LoadTable(),
    balancer: makeBalancer(config.balance),
    stalls: new StallDetector(),
  });
}

/** The first decision, and the one after a look-up that finds nothing. */
function decisionsOf(router: Router, view: PoolView, request: RoutingRequest): Decision[] {
  return [router.decide(view, request, NOW), router.decideOwned(view, request, undefined, NOW)];
}

describe('any request over any pool', () => {
  const router = freshRouter();

  it('goes to a node of the view that answers, and a new session to one that takes it', () => {
    fc.assert(
      fc.property(view, request, (view, request) => {
        for (const decision of decisionsOf(router, view, request)) {
          if (decision.action !== 'forward') continue;
          const { node } = decision;
          assert.ok(view.nodes.includes(node) && takesBoundRequests(node));
          if (decision.class === 'create' && decision.by !== 'server-url') assert.ok(takesNewSessions(node));
          assert.equal(request.target.endsWith(decision.rest), true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is strictly bound only where it names the node itself', () => {
    fc.assert(
      fc.property(view, request, (view, request) => {
        for (const decision of decisionsOf(router, view, request)) {
          if (decision.action !== 'forward' || !decision.strict) continue;
          const { by, node, verdict } = decision;
          assert.equal(verdict, 'bound');
          if (by === 'cookie') assert.match(request.cookie.replace(/[" \t]/g, ''), new RegExp(`=${node.name}(;|$)`));
          else assert.ok(by === 'server-url' && request.target.startsWith(`/n${node.index}/cobrowse`));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is refused for want of a node only when none could serve it', () => {
    fc.assert(
      fc.property(view, request, (view, request) => {
        for (const decision of decisionsOf(router, view, request)) {
          if (decision.action !== 'refuse') continue;
          if (decision.code !== 'no_node_available') {
            const restarted = decision.by === 'cookie' && decision.verdict === 'lost' && request.cookie.includes('~');
            assert.ok(decision.node !== undefined && (restarted || !takesBoundRequests(decision.node)));
          } else if (decision.class === 'create' || decision.class === 'live') {
            assert.ok(!view.nodes.some(takesNewSessions));
          } else {
            assert.ok(!view.nodes.some(takesBoundRequests));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is told lost only when a new session can be created', () => {
    fc.assert(
      fc.property(view, request, (view, request) => {
        for (const decision of decisionsOf(router, view, request)) {
          if (decision.action !== 'refuse' || decision.verdict !== 'lost') continue;
          if (decision.code === 'session_lost') assert.ok(view.nodes.some(takesNewSessions));
          else if (decision.class === 'user' || decision.class === 'live') {
            assert.ok(!view.nodes.some(takesNewSessions));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is decided alike by every worker and replica, but for which node a free one takes', () => {
    const essence = (decision: Decision): unknown =>
      decision.action === 'forward' && decision.verdict !== 'bound' ? { ...decision, node: 'any' } : decision;
    fc.assert(
      fc.property(view, request, (view, request) => {
        // The other replica has the same pool from polls of its own.
        const theirs = freshRouter();
        const ours = decisionsOf(router, view, request).map(essence);
        const copy = new PoolView(JSON.parse(JSON.stringify(view)));
        assert.deepEqual(JSON.stringify(decisionsOf(theirs, copy, request).map(essence)), JSON.stringify(ours));
      }),
    );
  });

  it('is told lost for a companion only when that is of another instance of the node and older', () => {
    fc.assert(
      fc.property(view, request, (view, request) => {
        const decision = router.decideOwned(view, request, undefined, NOW);
        if (decision.action !== 'refuse' || decision.code !== 'session_lost' || decision.by !== 'cookie') return;
        const { node } = decision;
        assert.ok(node !== undefined);
        if (node.state === 'down' && NOW - node.since >= config.affinity.reconnectGrace) return;
        const [name, instance, time = ''] = request.cookie.split('Instance=')[1]?.split('~') ?? [];
        assert.equal(name, node.name);
        assert.ok(node.instanceId !== undefined && instance !== node.instanceId);
        assert.ok(Number.parseInt(time, 36) < node.instanceSince);
      }),
      { numRuns: 500 },
    );
  });

  it('names the session of its cookies only where it is bound by them', () => {
    fc.assert(
      fc.property(view, request, (view, request) => {
        for (const decision of decisionsOf(router, view, request)) {
          if (!('reference' in decision) || decision.reference === '') continue;
          assert.equal(decision.reference, SESSION);
          assert.ok(decision.by === 'cookie' && (decision.class === 'live' || decision.class === 'user'));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never tries a node twice', () => {
    fc.assert(
      fc.property(view, request, (view, request) => {
        const first = router.decideOwned(view, request, undefined, NOW);
        if (first.action !== 'forward') return;
        const tried = [first.node];
        for (let next = router.another(view, first, tried); next; next = router.another(view, next, tried)) {
          assert.ok(!tried.includes(next.node) && takesBoundRequests(next.node));
          assert.deepEqual([next.rest, next.class, next.strict], [first.rest, first.class, false]);
          tried.push(next.node);
        }
      }),
      { numRuns: 500 },
    );
  });
});
