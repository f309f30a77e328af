import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { proxySchema, type RouteConfig } from '../../config/proxy-schema.ts';
import { type RouteMatch, RouteTable } from './routes.ts';

const GENESYS = proxySchema.parse({ nodes: [{ name: 'CB_1', url: 'http://127.0.0.1:8701' }] }).routes;

/** Classifies the path as a part of a longer text, as the router does. */
function classify(method: string, path: string, routes: readonly RouteConfig[] = GENESYS): RouteMatch {
  const before = '/cobrowse';
  return new RouteTable(routes).classify(method, `${before}${path}?/x`, before.length, before.length + path.length);
}

describe('the routes of Genesys', () => {
  const cases: readonly (readonly [method: string, path: string, requestClass: string, token?: string])[] = [
    ['POST', '/rest/live/sessions', 'create'],
    ['GET', '/rest/live/sessions', 'any'],
    ['POST', '/rest/live/sessions/', 'any'],
    ['GET', '/rest/live/sessions/845800826', 'session', '845800826'],
    ['GET', '/rest/live/sessions/a%2Fb', 'session', 'a%2Fb'],
    ['POST', '/rest/live/sessions/845800826', 'any'],
    ['GET', '/rest/live/sessions/', 'any'],
    ['GET', '/rest/live/sessions/1/2', 'any'],
    ['GET', '/rest/live/sessions/1/', 'any'],
    ['GET', '/rest/live/users/u1/session/stop', 'user', 'u1'],
    ['GET', '/rest/live/users//session/stop', 'any'],
    ['GET', '/rest/live/users/u1/session/stopped', 'any'],
    ['GET', '/rest/live/users/u1/session', 'any'],
    ['POST', '/rest/live/users/u1/session/stop', 'any'],
    ['GET', '/cometd', 'live'],
    ['POST', '/cometd', 'live'],
    ['POST', '/cometd/', 'live'],
    ['POST', '/cometd/handshake', 'live'],
    ['GET', '/cometdx', 'any'],
    ['GET', '/x/cometd', 'any'],
    ['GET', '/health', 'health'],
    ['HEAD', '/health', 'health'],
    ['POST', '/health', 'any'],
    ['OPTIONS', '/health', 'any'],
    ['GET', '/health/', 'any'],
    ['GET', '/healthy', 'any'],
    ['GET', '/Health', 'any'],
    ['HEAD', '/rest/live/sessions/1', 'any'],
    ['GET', '', 'any'],
    ['GET', '/', 'any'],
    ['GET', '//health', 'any'],
    ['GET', '/js/gcb.min.js', 'any'],
  ];
  for (const [method, path, requestClass, token = ''] of cases) {
    it(`say ${requestClass} for ${method} ${path || "''"}`, () => {
      assert.deepEqual(classify(method, path), { class: requestClass, token });
    });
  }

  it('allocate nothing for a route without {id}', () => {
    assert.equal(new RouteTable(GENESYS).classify('GET', '/x', 0, 2), new RouteTable([]).classify('PUT', '', 0, 0));
    const routes = new RouteTable(GENESYS);
    assert.equal(routes.classify('GET', '/cometd', 0, 7), routes.classify('POST', '/cometd/x', 0, 9));
  });
});

describe('other routes', () => {
  it('are tried in their order', () => {
    const routes: RouteConfig[] = [
      { class: 'user', path: '/a/{id}' },
      { class: 'live', path: '/a/**' },
    ];
    assert.deepEqual(classify('GET', '/a/b', routes), { class: 'user', token: 'b' });
    assert.deepEqual(classify('GET', '/a/b/c', routes), { class: 'live', token: '' });
    assert.deepEqual(classify('GET', '/a', routes), { class: 'live', token: '' });
  });

  it('may take everything below an {id}, and the first {id} is the token', () => {
    const routes: RouteConfig[] = [{ class: 'session', path: '/s/{id}/p/{id}/**' }];
    for (const path of ['/s/1/p/2', '/s/1/p/2/', '/s/1/p/2/x/y']) {
      assert.deepEqual(classify('PUT', path, routes), { class: 'session', token: '1' });
    }
    for (const path of ['/s/1/p/', '/s/1/p', '/s//p/2']) assert.equal(classify('PUT', path, routes).class, 'any');
  });

  it('of class health only ever take GET and HEAD', () => {
    const takes = (method: string, configured?: string): boolean =>
      classify(method, '/h', [{ class: 'health', path: '/h', method: configured }]).class === 'health';
    assert.deepEqual([takes('GET', 'GET'), takes('HEAD', 'GET'), takes('POST', 'GET')], [true, true, false]);
    assert.deepEqual([takes('GET', 'HEAD'), takes('HEAD', 'HEAD')], [false, true]);
    assert.deepEqual([takes('GET', 'POST'), takes('POST', 'POST')], [false, false]);
  });

  it('match as their regular expressions do', () => {
    const segment = fc.constantFrom('a', 'b', 'ab', '', '{id}');
    const pattern = fc
      .tuple(fc.array(fc.constantFrom('a', 'b', 'ab', '{id}'), { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([segments, below]) => `/${segments.join('/')}${below ? '/**' : ''}`);
    const path = fc.array(segment, { maxLength: 5 }).map((segments) => segments.map((name) => `/${name}`).join(''));
    fc.assert(
      fc.property(pattern, path, (pattern, path) => {
        const source = pattern.replace(/\/\*\*$/, '(?:/.*)?').replaceAll('{id}', '([^/]+)');
        const expected = new RegExp(`^${source}$`).exec(path);
        const match = classify('GET', path, [{ class: 'live', path: pattern }]);
        assert.deepEqual(match, expected ? { class: 'live', token: expected[1] ?? '' } : { class: 'any', token: '' });
      }),
      { numRuns: 500 },
    );
  });
});
