import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { type ProxyConfig, proxySchema } from '../../config/proxy-schema.ts';
import { makeBalancer } from '../pool/balance.ts';
import { LoadTable } from '../pool/load.ts';
import { StallDetector } from '../pool/stalls.ts';
import { aNode, aView } from '../pool/testing/nodes.ts';
import type { NodeSnapshot, PoolView } from '../pool/view.ts';
import { type Decision, type Forward, type RoutingRequest, targetFor } from './decision.ts';
import { SessionDirectory } from './directory.ts';
import { Router } from './router.ts';

const GRACE = 15_000;
const NOW = 1_000_000;
const HOST = '127.0.0.1:8700';

const { nodes: NODES } = proxySchema.parse({
  nodes: [1, 2, 3].map((n) => ({
    name: `CB_${n}`,
    url: `http://10.0.0.${n}:8700/cobrowse`,
    serverUrl: `http://${HOST}/n${n}/cobrowse`,
  })),
});

let directory: SessionDirectory;
let load: LoadTable;
let router: Router;

function configOf(about: Record<string, unknown> = {}): ProxyConfig {
  return proxySchema.parse({
    nodes: [{ name: 'CB_1', url: 'http://10.0.0.1' }],
    affinity: { directory: 100 },
    ...about,
  });
}

function routerOf(about: Record<string, unknown> = {}): Router {
  return new Router({
    config: configOf(about),
    directory,
    load,
    balancer: makeBalancer('round-robin'),
    stalls: new StallDetector(),
  });
}

beforeEach(() => {
  directory = new SessionDirectory(configOf().affinity);
  load = new LoadTable();
  router = routerOf();
});

/** Three nodes; the first `about`, the others up. */
function viewOf(...abouts: readonly Partial<NodeSnapshot>[]): PoolView {
  return aView(...NODES.map(({ name, serverUrl }, index) => aNode(index, { name, serverUrl, ...abouts[index] })));
}

function request(method: string, target: string, about: Partial<RoutingRequest> = {}): RoutingRequest {
  return { method, target, authority: HOST, cookie: '', ...about };
}

const cookie = (node: string): string => `gcbSessionServer=${node}`;

const REQUESTS = {
  create: ['POST', '/rest/live/sessions'],
  session: ['GET', '/rest/live/sessions/123'],
  user: ['GET', '/rest/live/users/u1/session/stop'],
  live: ['POST', '/cometd'],
  any: ['GET', '/js/gcb.min.js'],
} as const;
type BoundClass = keyof typeof REQUESTS;
const CLASSES = Object.keys(REQUESTS) as BoundClass[];

/** A request of this class, below the base or below a node's own URL. */
function requestOf(
  requestClass: BoundClass,
  prefix = '/cobrowse',
  about: Partial<RoutingRequest> = {},
): RoutingRequest {
  const [method, path] = REQUESTS[requestClass];
  return request(method, prefix + path, about);
}

function forward(decision: Decision): Forward {
  assert.equal(decision.action, 'forward');
  return decision as Forward;
}

/** What a decision came to, in words: `CB_1 bound strict by cookie`, `503 session_lost by user`. */
function words(decision: Decision): string {
  switch (decision.action) {
    case 'forward': {
      const { node, verdict, strict, askNextOn404, by } = decision;
      return `${node.name} ${verdict}${strict ? ' strict' : ''}${askNextOn404 ? ' asking' : ''} by ${by}`;
    }
    case 'refuse':
      return `${decision.code} ${decision.verdict} by ${decision.by}`;
    case 'deny':
      return decision.code;
    case 'look-up':
      return `look-up ${decision.token}`;
    case 'health':
      return decision.healthy ? 'healthy' : 'unhealthy';
  }
}

/** Each way to name CB_1, by the source that it then is. */
const BINDINGS: Readonly<Record<string, (requestClass: BoundClass, view: PoolView) => RoutingRequest>> = {
  cookie: (requestClass) => {
    if (requestClass === 'session') directory.noteMiss('123');
    return requestOf(requestClass, '/cobrowse', { cookie: cookie('CB_1') });
  },
  'server-url': (requestClass) => requestOf(requestClass, '/n1/cobrowse'),
  session: (requestClass, view) => {
    const [first] = view.nodes;
    assert.ok(first);
    directory.learnSession(view, '123', first, 'create');
    return requestOf(requestClass);
  },
  user: (requestClass, view) => {
    const [first] = view.nodes;
    assert.ok(first);
    directory.learnUser(view, 'u1', first, 'create');
    return requestOf(requestClass);
  },
};

const STATES: Readonly<Record<string, Partial<NodeSnapshot>>> = {
  up: { state: 'up' },
  draining: { state: 'draining' },
  'never polled': { state: 'unknown', since: 0 },
  unreachable: { state: 'down', since: NOW - GRACE + 1 },
  lost: { state: 'down', since: NOW - GRACE },
};

/** The table of the design: `it`, `it only` (strict), `other` (any other node) or the code of a refusal. */
const TABLE: Readonly<Record<string, Readonly<Record<BoundClass, string>>>> = {
  up: { create: 'it', session: 'it', any: 'it', user: 'it only', live: 'it only' },
  draining: { create: 'other', session: 'it', any: 'other', user: 'it only', live: 'it only' },
  'never polled': {
    create: 'other',
    session: 'other',
    any: 'other',
    user: 'node_unreachable',
    live: 'node_unreachable',
  },
  unreachable: { create: 'other', session: 'other', any: 'other', user: 'node_unreachable', live: 'node_unreachable' },
  lost: { create: 'other', session: 'other', any: 'other', user: 'session_lost', live: 'session_lost' },
};

describe('the table', () => {
  for (const [state, about] of Object.entries(STATES)) {
    for (const requestClass of CLASSES) {
      for (const [by, bind] of Object.entries(BINDINGS)) {
        if ((by === 'session' || by === 'user') && by !== requestClass) continue;
        it(`${requestClass}, bound by ${by} to a node that is ${state}`, () => {
          const view = viewOf(about);
          const decision = router.decide(view, bind(requestClass, view), NOW);
          const cell = TABLE[state]?.[requestClass] ?? '';
          const verdict = state === 'lost' ? 'lost' : 'unreachable';
          if (cell === 'it' || cell === 'it only') {
            const strict = cell === 'it only' || by === 'server-url' ? ' strict' : '';
            assert.equal(words(decision), `CB_1 bound${strict} by ${by}`);
          } else if (cell === 'other') {
            assert.notEqual(forward(decision).node.name, 'CB_1');
            const reason = state === 'draining' ? 'free by balance' : `${verdict} by ${by}`;
            assert.equal(words(decision), `${forward(decision).node.name} ${reason}`);
          } else {
            assert.equal(words(decision), `${cell} ${verdict} by ${by}`);
            assert.ok(decision.action === 'refuse' && decision.node?.name === 'CB_1');
          }
        });
      }
    }
  }

  for (const requestClass of CLASSES) {
    it(`${requestClass}, with a cookie of an unknown node: balanced`, () => {
      directory.noteMiss('123');
      const asking = requestClass === 'user' ? ' asking' : '';
      for (const name of ['CB_9', 'CB_1%00', '10.0.0.1:8700', '../CB_1', '', '__proto__']) {
        const bound = requestOf(requestClass, '/cobrowse', { cookie: cookie(name) });
        const decision = forward(router.decide(viewOf(), bound, NOW));
        assert.equal(words(decision), `${decision.node.name} unknown${asking} by cookie`);
      }
    });
  }

  for (const requestClass of CLASSES) {
    it(`${requestClass}, bound by nothing: balanced`, () => {
      directory.noteMiss('123');
      const asking = requestClass === 'user' ? ' asking' : '';
      const names = [1, 2, 3].map(() => {
        const decision = forward(router.decide(viewOf(), requestOf(requestClass), NOW));
        assert.equal(words(decision), `${decision.node.name} free${asking} by balance`);
        return decision.node.name;
      });
      assert.equal(new Set(names).size, 3);
    });
  }

  it('takes a node that came back as another instance for lost', () => {
    const before = viewOf({ instanceId: 'a' });
    const [first] = before.nodes;
    assert.ok(first);
    directory.learnSession(before, '123', first, 'create');
    directory.learnUser(before, 'u1', first, 'create');
    const after = viewOf({ instanceId: 'b' });
    assert.equal(words(router.decide(after, requestOf('user'), NOW)), 'session_lost lost by user');
    const viaUrl = router.decide(after, requestOf('user', '/n1/cobrowse'), NOW);
    assert.equal(words(viaUrl), 'session_lost lost by server-url');
    assert.match(words(router.decide(after, requestOf('session'), NOW)), /^CB_\d lost by session$/);
  });
});

describe('a cookie with a companion', () => {
  const SESSION = '0123456789abcdef01234567';
  const since = NOW - 1000;
  const restarted = { instanceId: 'i-2', instanceSince: since };
  const bound = (requestClass: BoundClass, node: string, instanceId: string, boundAt: number): RoutingRequest => {
    const companion = `gcbSessionServerInstance=${node}~${instanceId}~${boundAt.toString(36)}~${SESSION}`;
    directory.noteMiss('123');
    return requestOf(requestClass, '/cobrowse', { cookie: `${companion}; ${cookie('CB_1')}` });
  };
  const decide = (about: Partial<NodeSnapshot>, request: RoutingRequest): Decision =>
    router.decide(viewOf(about), request, NOW);

  for (const requestClass of CLASSES) {
    it(`of an instance that is gone: ${requestClass}`, () => {
      const decision = decide(restarted, bound(requestClass, 'CB_1', 'i-1', since - 1));
      if (needs(requestClass)) assert.equal(words(decision), 'session_lost lost by cookie');
      else assert.match(words(decision), /^CB_\d lost by cookie$/);
    });

    for (const [what, node, instanceId, boundAt] of [
      ['the same instance', 'CB_1', 'i-2', since - 1],
      ['an instance that this proxy has not seen yet', 'CB_1', 'i-3', since],
      ['another node', 'CB_2', 'i-1', since - 1],
    ] as const) {
      it(`of ${what}: ${requestClass}`, () => {
        const decision = forward(decide(restarted, bound(requestClass, node, instanceId, boundAt)));
        assert.equal(words(decision), `CB_1 bound${needs(requestClass) ? ' strict' : ''} by cookie`);
      });
    }
  }

  it('is lost at once when the node was restarted and is away again, and unreachable when it was not', () => {
    const away = { ...restarted, state: 'down', since: NOW } as const;
    assert.equal(words(decide(away, bound('live', 'CB_1', 'i-1', since - 1))), 'session_lost lost by cookie');
    assert.equal(words(decide(away, bound('live', 'CB_1', 'i-2', since))), 'node_unreachable unreachable by cookie');
  });

  it('says nothing of a request that its session or the URL of a node decides', () => {
    const request = { ...bound('session', 'CB_1', 'i-1', since - 1) };
    const view = viewOf(restarted);
    const [first] = view.nodes;
    assert.ok(first);
    directory.learnSession(view, '123', first, 'create');
    assert.equal(words(router.decide(view, request, NOW)), 'CB_1 bound by session');
    const { cookie } = bound('live', 'CB_1', 'i-1', since - 1);
    assert.match(words(router.decide(view, requestOf('live', '/n1/cobrowse', { cookie }), NOW)), /^CB_1 bound strict/);
  });

  it('names the session of what is bound, and of nothing else', () => {
    for (const requestClass of CLASSES) {
      const decision = forward(decide(restarted, bound(requestClass, 'CB_1', 'i-2', since)));
      assert.equal(decision.reference, needs(requestClass) ? SESSION : '');
    }
    const lost = decide(restarted, bound('live', 'CB_1', 'i-1', since - 1));
    assert.ok(lost.action === 'refuse' && lost.reference === SESSION);
    const other = forward(decide(restarted, bound('live', 'CB_2', 'i-2', since)));
    assert.equal(other.reference, '');
  });

  function needs(requestClass: BoundClass): boolean {
    return requestClass === 'user' || requestClass === 'live';
  }
});

describe('precedence', () => {
  const learn = (view: PoolView): void => {
    const [, second] = view.nodes;
    assert.ok(second);
    directory.learnSession(view, '123', second, 'create');
    directory.learnUser(view, 'u1', second, 'create');
  };

  it('is node URL, session, user, cookie, and the disagreement is a conflict', () => {
    const view = viewOf();
    learn(view);
    const decide = (requestClass: BoundClass, prefix: string, name: string): Forward =>
      forward(router.decide(view, requestOf(requestClass, prefix, { cookie: name && cookie(name) }), NOW));
    const cases: readonly (readonly [BoundClass, string, string, string, boolean])[] = [
      // URL and session or user
      ['session', '/n1/cobrowse', '', 'CB_1 bound strict by server-url', true],
      ['session', '/n2/cobrowse', '', 'CB_2 bound strict by server-url', false],
      ['user', '/n1/cobrowse', '', 'CB_1 bound strict by server-url', true],
      ['user', '/n2/cobrowse', '', 'CB_2 bound strict by server-url', false],
      // URL and cookie
      ['live', '/n1/cobrowse', 'CB_3', 'CB_1 bound strict by server-url', true],
      ['live', '/n1/cobrowse', 'CB_1', 'CB_1 bound strict by server-url', false],
      ['live', '/n1/cobrowse', 'CB_9', 'CB_1 bound strict by server-url', false],
      ['create', '/n1/cobrowse', 'CB_2', 'CB_1 bound strict by server-url', true],
      ['any', '/n1/cobrowse', 'CB_2', 'CB_1 bound strict by server-url', true],
      // session or user and cookie
      ['session', '/cobrowse', 'CB_1', 'CB_2 bound by session', true],
      ['session', '/cobrowse', 'CB_2', 'CB_2 bound by session', false],
      ['session', '/cobrowse', 'CB_9', 'CB_2 bound by session', false],
      ['user', '/cobrowse', 'CB_1', 'CB_2 bound strict by user', true],
      ['user', '/cobrowse', 'CB_2', 'CB_2 bound strict by user', false],
      // URL, session and cookie: one of them is enough
      ['session', '/n2/cobrowse', 'CB_1', 'CB_2 bound strict by server-url', true],
      ['session', '/n1/cobrowse', 'CB_1', 'CB_1 bound strict by server-url', true],
    ];
    for (const [requestClass, prefix, name, expected, conflict] of cases) {
      const decision = decide(requestClass, prefix, name);
      assert.deepEqual([words(decision), decision.conflict], [expected, conflict], `${requestClass} ${prefix} ${name}`);
    }
  });

  it('is kept by a refusal, conflict and all', () => {
    const view = viewOf({}, { state: 'down', since: NOW });
    learn(view);
    const decision = router.decide(view, requestOf('user', '/cobrowse', { cookie: cookie('CB_1') }), NOW);
    assert.equal(words(decision), 'node_unreachable unreachable by user');
    assert.ok(decision.action === 'refuse' && decision.conflict);
  });

  it('has no session token for live, create and any: the cookie alone decides', () => {
    const view = viewOf();
    learn(view);
    const target = '/cobrowse/cometd?session=/rest/live/sessions/123';
    const decision = router.decide(view, request('POST', target, { cookie: cookie('CB_1') }), NOW);
    assert.equal(words(decision), 'CB_1 bound strict by cookie');
  });
});

describe('a session of unknown owner', () => {
  const asked = requestOf('session', '/cobrowse', { cookie: cookie('CB_1') });

  it('is looked up, and goes to the owner that is found', () => {
    const view = viewOf();
    assert.equal(words(router.decide(view, asked, NOW)), 'look-up 123');
    const decision = forward(router.decideOwned(view, asked, view.nodes[1], NOW));
    assert.deepEqual([words(decision), decision.conflict, decision.token], ['CB_2 bound by session', true, '123']);
  });

  it('goes by the cookie after a miss, else it is balanced', () => {
    const view = viewOf();
    assert.equal(words(router.decideOwned(view, asked, undefined, NOW)), 'CB_1 bound by cookie');
    assert.match(words(router.decideOwned(view, requestOf('session'), undefined, NOW)), /^CB_\d free by balance$/);
    directory.noteMiss('123');
    assert.equal(words(router.decide(view, asked, NOW)), 'CB_1 bound by cookie');
  });

  it('goes elsewhere when the owner that is found is down or gone by then', () => {
    const [before, now] = [viewOf(), viewOf({}, { state: 'down', since: NOW })];
    const decision = forward(router.decideOwned(now, asked, before.nodes[1], NOW));
    assert.deepEqual([decision.by, decision.verdict], ['session', 'unreachable']);
    assert.notEqual(decision.node.name, 'CB_2');
    const without = aView(...now.nodes.slice(0, 1));
    assert.equal(words(router.decideOwned(without, asked, before.nodes[1], NOW)), 'CB_1 bound by cookie');
  });

  it('is not looked up through a node URL, nor with an odd token, nor when no node answers', () => {
    assert.equal(
      words(router.decide(viewOf(), requestOf('session', '/n1/cobrowse'), NOW)),
      'CB_1 bound strict by server-url',
    );
    for (const token of ['a%2Fb', '..', 'x'.repeat(129), 'a@b']) {
      const odd = request('GET', `/cobrowse/rest/live/sessions/${token}`);
      assert.match(words(router.decide(viewOf(), odd, NOW)), /free by balance$/);
    }
    const down = { state: 'down', since: NOW } as const;
    assert.equal(
      words(router.decide(viewOf(down, down, down), requestOf('session'), NOW)),
      'no_node_available free by balance',
    );
  });
});

describe('with few nodes left', () => {
  const down = { state: 'down', since: 0 } as const;
  const draining = { state: 'draining' } as const;
  const full = { sessions: 5, capacity: 5 } as const;
  const decide = (view: PoolView, requestClass: BoundClass, name = ''): string => {
    directory.noteMiss('123');
    return words(router.decide(view, requestOf(requestClass, '/cobrowse', { cookie: name && cookie(name) }), NOW));
  };

  it('none: every request is refused at once, for its own node’s sake if it has one', () => {
    const view = viewOf(down, down, down);
    for (const requestClass of CLASSES) {
      assert.equal(decide(view, requestClass), 'no_node_available free by balance');
      assert.equal(decide(view, requestClass, 'CB_9'), 'no_node_available unknown by cookie');
      const own = requestClass === 'user' || requestClass === 'live' ? 'node_unreachable' : 'no_node_available';
      assert.equal(decide(view, requestClass, 'CB_1'), `${own} lost by cookie`);
    }
  });

  it('a session is told lost only when the next one can be created', () => {
    for (const requestClass of ['user', 'live'] as const) {
      for (const last of [down, draining, full]) {
        assert.equal(decide(viewOf(down, last, last), requestClass, 'CB_1'), 'node_unreachable lost by cookie');
      }
      assert.equal(decide(viewOf(down, draining, {}), requestClass, 'CB_1'), 'session_lost lost by cookie');
    }
  });

  it('only draining or full ones: no new session and no first handshake, the rest is served', () => {
    for (const last of [draining, full]) {
      const view = viewOf(down, last, down);
      assert.equal(decide(view, 'create'), 'no_node_available free by balance');
      assert.equal(decide(view, 'live'), 'no_node_available free by balance');
      assert.equal(decide(view, 'session'), 'CB_2 free by balance');
      assert.equal(decide(view, 'any'), 'CB_2 free by balance');
      assert.equal(decide(view, 'user'), 'CB_2 free asking by balance');
      assert.equal(decide(view, 'any', 'CB_2'), 'CB_2 bound by cookie');
      assert.equal(decide(view, 'live', 'CB_2'), 'CB_2 bound strict by cookie');
      assert.match(decide(view, 'create', 'CB_2'), /^no_node_available/);
    }
  });

  it('a full one gets no new session by a cookie, but by its own URL', () => {
    const view = viewOf(full);
    assert.match(decide(view, 'create', 'CB_1'), /^CB_[23] free by balance$/);
    assert.equal(decide(view, 'any', 'CB_1'), 'CB_1 bound by cookie');
    const viaUrl = router.decide(view, requestOf('create', '/n1/cobrowse'), NOW);
    assert.equal(words(viaUrl), 'CB_1 bound strict by server-url');
  });

  it('the owner of a user token is sought among the draining ones too', () => {
    const view = viewOf({}, draining, down);
    const first = forward(router.decide(view, requestOf('user'), NOW));
    const second = router.another(view, first, [first.node]);
    assert.deepEqual(new Set([first.node.name, second?.node.name]), new Set(['CB_1', 'CB_2']));
    assert.equal(second?.askNextOn404, true);
    assert.ok(second);
    assert.equal(router.another(view, second, [first.node, second.node]), undefined);
  });
});

describe('another node', () => {
  it('is none for a strict decision', () => {
    for (const strict of [
      requestOf('any', '/n1/cobrowse'),
      requestOf('live', '/cobrowse', { cookie: cookie('CB_1') }),
    ]) {
      const decision = forward(router.decide(viewOf(), strict, NOW));
      assert.equal(decision.strict, true);
      assert.equal(router.another(viewOf(), decision, []), undefined);
    }
  });

  it('is each of the others once, and the verdict says that the first was not reached', () => {
    const view = viewOf();
    const first = forward(router.decide(view, requestOf('any', '/cobrowse', { cookie: cookie('CB_1') }), NOW));
    const second = router.another(view, first, [first.node]);
    assert.ok(second);
    const third = router.another(view, second, [first.node, second.node]);
    assert.ok(third);
    assert.deepEqual([first, second, third].map(({ node }) => node.name).toSorted(), ['CB_1', 'CB_2', 'CB_3']);
    assert.equal(words(third), `${third.node.name} unreachable by cookie`);
    assert.deepEqual({ ...third, node: first.node, verdict: 'bound' }, first, 'nothing else differs');
    assert.equal(router.another(view, third, [first.node, second.node, third.node]), undefined);
  });

  it('takes new sessions, for a creation and a first handshake', () => {
    const view = viewOf({}, { state: 'draining' }, { state: 'draining' });
    for (const requestClass of ['create', 'live'] as const) {
      const first = forward(router.decide(view, requestOf(requestClass), NOW));
      assert.equal(router.another(view, first, [first.node]), undefined);
    }
  });
});

describe('health', () => {
  const health = (view: PoolView, method = 'GET', prefix = '/cobrowse'): string =>
    words(router.decide(view, request(method, `${prefix}/health?x`, { cookie: cookie('CB_1') }), NOW));
  const down = { state: 'down', since: 0 } as const;

  it('is answered by the proxy: can a node take new sessions?', () => {
    assert.equal(health(viewOf(down, down)), 'healthy');
    assert.equal(health(viewOf(down, down), 'HEAD'), 'healthy');
    assert.equal(health(viewOf(down, down, { state: 'draining' })), 'unhealthy');
    assert.equal(health(viewOf(down, down, { sessions: 1, capacity: 1 })), 'unhealthy');
  });

  it('is not asked with POST', () => assert.equal(health(viewOf(), 'POST'), 'CB_1 bound by cookie'));

  it('through a node URL is that node’s answer, or unreachable however long it is down', () => {
    assert.equal(health(viewOf({}, { state: 'draining' }), 'GET', '/n2/cobrowse'), 'CB_2 bound strict by server-url');
    assert.equal(health(viewOf({}, down), 'GET', '/n2/cobrowse'), 'node_unreachable lost by server-url');
  });
});

describe('what is sent to the node', () => {
  const sent = (target: string, about: Record<string, unknown> = {}, base = '/cobrowse'): string => {
    const view = viewOf({ base }, { base }, { base });
    const decision = forward(routerOf(about).decide(view, request('GET', target, { cookie: cookie('CB_1') }), NOW));
    return `${decision.class} ${decision.underBase} ${targetFor(decision, decision.node)}`;
  };

  it('is the path below the base, on the node’s own', () => {
    assert.equal(sent('/cobrowse/cometd?a=/b'), 'live true /cobrowse/cometd?a=/b');
    assert.equal(sent('/cobrowse/cometd', {}, '/gcb/cobrowse'), 'live true /gcb/cobrowse/cometd');
    assert.equal(sent('/cobrowse/cometd', {}, ''), 'live true /cometd');
    assert.equal(sent('/cobrowse?x', {}, ''), 'any true /?x');
    assert.equal(sent('/cobrowse', {}, ''), 'any true /');
    assert.equal(sent('/cobrowse', {}), 'any true /cobrowse');
    assert.equal(sent('/cometd', { base: '/' }, '/cobrowse'), 'live true /cobrowse/cometd');
  });

  it('is the target as it came, outside the base', () => {
    for (const target of ['/', '/cobrowser/cometd', '/cometd', '/x?/cobrowse/cometd', '/Cobrowse/cometd', '*']) {
      assert.equal(sent(target), `any false ${target}`);
    }
    assert.equal(sent('*', { base: '/' }), 'any false *');
  });

  it('is the path below a node URL, on the node’s own base, with the class that it has there', () => {
    assert.equal(sent('/n1/cobrowse/cometd?x', {}, '/gcb'), 'live true /gcb/cometd?x');
    assert.equal(sent('/n1/cobrowse', {}, ''), 'any true /');
    assert.equal(sent('/n1/cobrowsex/cometd'), 'any false /n1/cobrowsex/cometd');
  });

  it('names the token of the path', () => {
    const decision = router.decide(viewOf(), requestOf('user'), NOW);
    assert.equal(forward(decision).token, 'u1');
  });
});

it('follows the view: a changed server URL and a changed node', () => {
  const moved = aView(aNode(0, { serverUrl: NODES[2]?.serverUrl }));
  const asked = requestOf('any', '/n3/cobrowse');
  assert.equal(forward(router.decide(viewOf(), asked, NOW)).node.name, 'CB_3');
  assert.equal(forward(router.decide(moved, asked, NOW)).node, moved.nodes[0]);
  assert.equal(forward(router.decide(viewOf(), asked, NOW)).node.name, 'CB_3');
});

it('changes no load by deciding', () => {
  for (const requestClass of CLASSES) router.decide(viewOf(), requestOf(requestClass), NOW);
  for (const node of viewOf().nodes) assert.deepEqual([load.active(node.index), load.assigned(node)], [0, 0]);
});
