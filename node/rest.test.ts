import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AllowedOrigins } from './origins.ts';
import type { CobrowseNode } from './server.ts';
import { AGENT, CONTROLLER, CUSTOMER, type Role } from './sessions/session.ts';
import { ALLOWED_ORIGIN, errorOf, startTestNode } from './testing/nodes.ts';
import { RawClient } from './testing/raw-client.ts';

const FOREIGN_ORIGIN = 'https://evil.test';
const allowed = { headers: { Origin: ALLOWED_ORIGIN } };

interface CreateBody {
  readonly sessionToken: string;
  readonly sessionServerName: string;
}

async function createSession(node: CobrowseNode): Promise<string> {
  const response = await fetch(`${node.url}/rest/live/sessions`, { method: 'POST' });
  assert.equal(response.status, 200);
  return ((await response.json()) as CreateBody).sessionToken;
}

/** @returns the new user token */
async function join(node: CobrowseNode, sessionToken: string, role: Role): Promise<string> {
  const result = await node.sessions.join(sessionToken, role, `role ${role}`);
  assert.ok(result.outcome === 'joined');
  return result.participant.userToken;
}

describe('create session', () => {
  test('answers token and owner, and sets the stickiness cookie', async (t) => {
    const node = await startTestNode(t, { serverUrl: 'https://node-1.example.com/cobrowse' });
    const response = await fetch(`${node.url}/rest/live/sessions`, { method: 'POST' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.deepEqual(response.headers.getSetCookie(), ['gcbSessionServer=CB_Server_1; Path=/']);
    const body = (await response.json()) as CreateBody;
    assert.equal(response.headers.get('x-cobrowse-instance'), node.instanceId);
    assert.equal(response.headers.get('x-cobrowse-session'), body.sessionToken);
    assert.deepEqual(Object.keys(body), ['sessionToken', 'sessionServerName']);
    assert.match(body.sessionToken, /^\d{9}$/);
    assert.equal(body.sessionServerName, 'CB_Server_1');
  });

  test('lets any page read the answer and keep the cookie', async (t) => {
    const node = await startTestNode(t);
    for (const origin of [FOREIGN_ORIGIN, 'null']) {
      const { headers } = await fetch(`${node.url}/rest/live/sessions`, {
        method: 'POST',
        headers: { Origin: origin },
      });
      assert.equal(headers.get('access-control-allow-origin'), origin);
      assert.equal(headers.get('access-control-allow-credentials'), 'true');
      assert.equal(headers.get('vary'), 'Origin');
    }
  });
});

describe('get session', () => {
  test('answers token and owner without a URL when the node has none, and sets no cookie', async (t) => {
    const node = await startTestNode(t);
    const sessionToken = await createSession(node);
    const response = await fetch(`${node.url}/rest/live/sessions/${sessionToken}`, allowed);
    assert.equal(response.status, 200);
    assert.deepEqual(response.headers.getSetCookie(), []);
    assert.equal(response.headers.get('x-cobrowse-instance'), node.instanceId);
    assert.equal(response.headers.get('x-cobrowse-session'), null);
    assert.equal(response.headers.get('access-control-allow-origin'), ALLOWED_ORIGIN);
    assert.deepEqual(await response.json(), { sessionToken, sessionServerName: 'CB_Server_1' });
  });

  test("answers the node's URL as it is configured", async (t) => {
    const sessionServerUrl = 'https://Node-1.example.com/gcb/cobrowse';
    const node = await startTestNode(t, { serverUrl: sessionServerUrl });
    const sessionToken = await createSession(node);
    const response = await fetch(`${node.url}/rest/live/sessions/${sessionToken}`, allowed);
    assert.deepEqual(await response.json(), { sessionToken, sessionServerName: 'CB_Server_1', sessionServerUrl });
  });

  test('answers HEAD with the head of GET', async (t) => {
    const node = await startTestNode(t);
    const url = `${node.url}/rest/live/sessions/${await createSession(node)}`;
    const get = await fetch(url, allowed);
    const head = await fetch(url, { ...allowed, method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), get.headers.get('content-length'));
    assert.equal(await head.text(), '');
  });

  const origins: readonly [headers: Record<string, string>, status: number][] = [
    [{}, 403],
    [{ Origin: FOREIGN_ORIGIN }, 403],
    [{ Origin: 'null' }, 403],
    [{ Origin: '' }, 403],
    [{ Origin: ALLOWED_ORIGIN }, 200],
    [{ Referer: `${ALLOWED_ORIGIN}/desktop?x=1` }, 200],
    [{ Referer: ALLOWED_ORIGIN }, 200],
    [{ Referer: `${FOREIGN_ORIGIN}/?${ALLOWED_ORIGIN}` }, 403],
    [{ Referer: 'no URL' }, 403],
    [{ Origin: ALLOWED_ORIGIN, Referer: `${FOREIGN_ORIGIN}/` }, 200],
    [{ Origin: FOREIGN_ORIGIN, Referer: `${ALLOWED_ORIGIN}/` }, 403],
  ];
  for (const [headers, status] of origins) {
    test(`answers ${status} to ${JSON.stringify(headers)}`, async (t) => {
      const node = await startTestNode(t);
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const client = await RawClient.connect(t, node.port);
      client.send(
        `GET /cobrowse/rest/live/sessions/${await createSession(node)} HTTP/1.1\r\nHost: n\r\nConnection: close\r\n${lines.join('')}\r\n`,
      );
      const answer = await client.closed();
      assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
      assert.equal(answer.includes('"code":"origin_not_allowed"'), status === 403);
      assert.equal(answer.includes('Access-Control-Allow-Origin'), status === 200 && headers.Origin !== undefined);
    });
  }

  test('is refused to all when no origin is allowed', async (t) => {
    const node = await startTestNode(t, { allowedOrigins: new AllowedOrigins({ exact: [], subdomains: [] }) });
    const response = await fetch(`${node.url}/rest/live/sessions/${await createSession(node)}`, allowed);
    assert.deepEqual(await errorOf(response), { status: 403, code: 'origin_not_allowed' });
  });

  test('tells a foreign origin nothing about tokens', async (t) => {
    const node = await startTestNode(t);
    for (const token of ['000000000', 'malformed']) {
      const response = await fetch(`${node.url}/rest/live/sessions/${token}`, { headers: { Origin: FOREIGN_ORIGIN } });
      assert.deepEqual(await errorOf(response), { status: 403, code: 'origin_not_allowed' });
    }
  });

  test('tells an allowed page about an unknown and a malformed token', async (t) => {
    const node = await startTestNode(t);
    const unknown = await fetch(`${node.url}/rest/live/sessions/000000000`, allowed);
    assert.equal(unknown.headers.get('access-control-allow-origin'), ALLOWED_ORIGIN);
    assert.deepEqual(await errorOf(unknown), { status: 404, code: 'session_not_found' });
    for (const token of ['12345678', '1234567890', '12345678a', '%31234567890', '__proto__']) {
      const response = await fetch(`${node.url}/rest/live/sessions/${token}`, allowed);
      assert.deepEqual(await errorOf(response), { status: 400, code: 'malformed_token' });
    }
  });
});

describe('stop session', () => {
  test('by the controller answers both times, again and again, and ends the live session', async (t) => {
    const node = await startTestNode(t);
    const sessionToken = await createSession(node);
    await join(node, sessionToken, CUSTOMER);
    const before = Date.now();
    const controller = await join(node, sessionToken, CONTROLLER);

    const first = await fetch(`${node.url}/rest/live/users/${controller}/session/stop`);
    assert.equal(first.status, 200);
    const times = (await first.json()) as { activationTime: number; deactivationTime: number };
    assert.deepEqual(Object.keys(times), ['activationTime', 'deactivationTime']);
    assert.ok(before <= times.activationTime && times.activationTime <= times.deactivationTime);
    assert.ok(times.deactivationTime <= Date.now());

    const second = await fetch(`${node.url}/rest/live/users/${controller}/session/stop`);
    assert.deepEqual(await second.json(), times);
    const get = await fetch(`${node.url}/rest/live/sessions/${sessionToken}`, allowed);
    assert.deepEqual(await errorOf(get), { status: 404, code: 'session_not_found' });
  });

  test('is refused to customer and agent, whose session goes on', async (t) => {
    const node = await startTestNode(t);
    const sessionToken = await createSession(node);
    for (const role of [CUSTOMER, AGENT] as const) {
      const userToken = await join(node, sessionToken, role);
      const response = await fetch(`${node.url}/rest/live/users/${userToken}/session/stop`);
      assert.deepEqual(await errorOf(response), { status: 403, code: 'not_controller' });
    }
    assert.equal((await fetch(`${node.url}/rest/live/sessions/${sessionToken}`, allowed)).status, 200);
  });

  test('tells unknown from malformed tokens', async (t) => {
    const node = await startTestNode(t);
    const unknown = await fetch(`${node.url}/rest/live/users/${'a'.repeat(32)}/session/stop`);
    assert.deepEqual(await errorOf(unknown), { status: 404, code: 'user_not_found' });
    const malformed = await fetch(`${node.url}/rest/live/users/845800826/session/stop`);
    assert.deepEqual(await errorOf(malformed), { status: 400, code: 'malformed_token' });
  });

  test('does not happen by HEAD', async (t) => {
    const node = await startTestNode(t);
    const sessionToken = await createSession(node);
    const controller = await join(node, sessionToken, CONTROLLER);
    const response = await fetch(`${node.url}/rest/live/users/${controller}/session/stop`, { method: 'HEAD' });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, OPTIONS');
    assert.equal((await node.sessions.getLive(sessionToken))?.state, 'active');
  });
});

describe('health', () => {
  test('answers an empty 200 with its facts in headers', async (t) => {
    const node = await startTestNode(t);
    const ended = await join(node, await createSession(node), CONTROLLER);
    await node.sessions.stop(ended);
    await createSession(node);
    await join(node, await createSession(node), AGENT);
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${node.url}/health`, { method });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-length'), '0');
      assert.equal(response.headers.get('x-cobrowse-state'), 'ready');
      assert.equal(response.headers.get('x-cobrowse-live-sessions'), '2');
      assert.equal(response.headers.get('x-cobrowse-instance'), node.instanceId);
      assert.equal(await response.text(), '');
    }
  });

  test('names another instance after a restart', async (t) => {
    const instances = await Promise.all(
      [1, 2].map(async () => {
        const { headers } = await fetch(`${(await startTestNode(t)).url}/health`);
        return headers.get('x-cobrowse-instance');
      }),
    );
    assert.notEqual(instances[0], instances[1]);
    for (const instance of instances) assert.match(instance ?? '', /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});

describe('preflight', () => {
  const preflight = { 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'x-a,x-b' };
  const functions: readonly [path: string, methods: string][] = [
    ['/rest/live/sessions', 'POST'],
    ['/rest/live/sessions/845800826', 'GET, HEAD'],
    [`/rest/live/users/${'a'.repeat(32)}/session/stop`, 'GET'],
    ['/health', 'GET, HEAD'],
  ];
  for (const [path, methods] of functions) {
    test(`of ${path} is granted to an allowed origin`, async (t) => {
      const node = await startTestNode(t);
      const response = await fetch(node.url + path, {
        method: 'OPTIONS',
        headers: { Origin: ALLOWED_ORIGIN, ...preflight },
      });
      assert.equal(response.status, 204);
      assert.equal(response.headers.get('content-length'), null);
      assert.equal(response.headers.get('access-control-allow-origin'), ALLOWED_ORIGIN);
      assert.equal(response.headers.get('access-control-allow-credentials'), 'true');
      assert.equal(response.headers.get('access-control-allow-methods'), methods);
      assert.equal(response.headers.get('access-control-allow-headers'), 'x-a,x-b');
      assert.equal(response.headers.get('access-control-max-age'), '600');
      assert.equal(response.headers.get('vary'), 'Origin, Access-Control-Request-Headers');
    });
  }

  test('of get session grants a foreign origin nothing', async (t) => {
    const node = await startTestNode(t);
    const response = await fetch(`${node.url}/rest/live/sessions/845800826`, {
      method: 'OPTIONS',
      headers: { Origin: FOREIGN_ORIGIN, ...preflight },
    });
    assert.equal(response.status, 204);
    assert.deepEqual(
      [...response.headers.keys()].filter((name) => name.startsWith('access-control-')),
      [],
    );
  });
});

describe('a request for', () => {
  const wrongMethods: readonly [method: string, path: string, allow: string][] = [
    ['GET', '/rest/live/sessions', 'POST, OPTIONS'],
    ['POST', '/rest/live/sessions/845800826', 'GET, HEAD, OPTIONS'],
    ['POST', `/rest/live/users/${'a'.repeat(32)}/session/stop`, 'GET, OPTIONS'],
    ['DELETE', '/health', 'GET, HEAD, OPTIONS'],
  ];
  for (const [method, path, allow] of wrongMethods) {
    test(`${method} ${path} is told the right methods`, async (t) => {
      const node = await startTestNode(t);
      const response = await fetch(node.url + path, { method });
      assert.equal(response.headers.get('allow'), allow);
      assert.deepEqual(await errorOf(response), { status: 405, code: 'method_not_allowed' });
    });
  }

  const unknownTargets = [
    '/',
    '/cobrowse',
    '/cobrowse/',
    '/health',
    '/cobrowsehealth',
    '/cobrowse/health/',
    '/cobrowse//health',
    '/Cobrowse/health',
    '/cobrowse/%68ealth',
    '/cobrowse/x/../health',
    '/cobrowse/{}',
    '/cobrowse/__proto__',
    '/cobrowse/rest/live/sessions/',
    '/cobrowse/rest/live/sessions/845800826/',
    '/cobrowse/rest/live/users//session/stop',
    '*',
  ];
  for (const target of unknownTargets) {
    test(`${target} is not found`, async (t) => {
      const node = await startTestNode(t);
      const client = await RawClient.connect(t, node.port);
      client.send(`OPTIONS ${target} HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n`);
      const answer = await client.closed();
      assert.ok(answer.startsWith('HTTP/1.1 404 '), answer);
      assert.ok(answer.includes('"code":"not_found"'), answer);
    });
  }

  for (const target of ['/cobrowse/health?now=1', 'http://n/cobrowse/health', 'HTTP://n:80/cobrowse/health?a/b']) {
    test(`${target} is health`, async (t) => {
      const node = await startTestNode(t);
      const client = await RawClient.connect(t, node.port);
      client.send(`GET ${target} HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n`);
      assert.ok((await client.closed()).startsWith('HTTP/1.1 200 '));
    });
  }

  test('everything is served below another base, or at the root', async (t) => {
    for (const base of ['', '/chat/sote/cobrowse']) {
      const node = await startTestNode(t, { base });
      assert.ok(node.url.endsWith(`:${node.port}${base}`));
      const response = await fetch(`${node.url}/rest/live/sessions/${await createSession(node)}`, allowed);
      assert.equal(response.status, 200);
    }
  });
});
