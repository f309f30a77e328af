/**
 * Nothing that a client or a node says makes the proxy connect to anything but the nodes of its configuration (SSRF).
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { serveHttp, serveTcp } from '../pool/testing/servers.ts';
import { planeFor } from '../testing/for-test.ts';
import { exchangeRaw } from '../testing/raw-client.ts';

const SESSIONS = '/cobrowse/rest/live/sessions';
const INTERNAL = 'what only this machine may know';

/** Where nobody has any business: it counts who comes, and would tell what it has. */
async function startVictim(t: TestContext) {
  let connections = 0;
  const port = await serveTcp(t, (socket) => {
    connections++;
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${INTERNAL.length}\r\n\r\n${INTERNAL}`);
  });
  return { port, connections: () => connections };
}

/** A node that names the victim in all that anybody might read. */
async function startNode(t: TestContext, victim: number) {
  const requests: string[] = [];
  const evil = `http://127.0.0.1:${victim}/cobrowse`;
  const port = await serveHttp(t, ({ method = '', url = '', headers }, response) => {
    const token = url.split('/sessions/')[1] ?? '424242421';
    if (headers['user-agent'] === 'cobrowse-proxy-lookup' && token === '302') {
      response.writeHead(302, { location: `${evil}/rest/live/sessions/302` }).end();
      return;
    }
    requests.push(`${method} ${url}`);
    response.writeHead(url.endsWith('/moved') ? 307 : 200, {
      location: `${evil}/moved`,
      'content-location': evil,
      'alt-svc': `h2="127.0.0.1:${victim}"`,
      refresh: `0; url=${evil}`,
      link: `<${evil}/x.js>; rel=preload`,
      'set-cookie': [`gcbSessionServer=127.0.0.1:${victim}`, `gcbSessionServer=${evil}`],
      'x-cobrowse-instance': `127.0.0.1:${victim}`,
      'x-cobrowse-session': token,
      'x-accel-redirect': `/127.0.0.1:${victim}/`,
    });
    const sessionServerName = token === 'foreign' ? `127.0.0.1:${victim}` : 'CB_1';
    response.end(JSON.stringify({ sessionToken: token, sessionServerName, sessionServerUrl: evil }));
  });
  return { port, requests };
}

/** The ways to name the victim in one request, and what may follow from what its answer says. */
function requestsNaming(victim: number): readonly string[] {
  const lines = (line: string, host: string, ...fields: readonly string[]): string =>
    [line, `Host: ${host}`, ...fields, 'Connection: close', '', ''].join('\r\n');
  const places = [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0x7f000001',
    '2130706433',
    '127.1',
    '0',
  ].map((name) => `${name}:${victim}`);
  const ordinary = 'GET /cobrowse/x HTTP/1.1';
  const [place = ''] = places;
  return [
    ...places.flatMap((named) => [
      lines(ordinary, named),
      lines(`GET http://${named}/cobrowse/x HTTP/1.1`, named),
      lines(`GET http://${named}/cobrowse/x HTTP/1.1`, 'a.example'),
      lines(`GET http://a.example@${named}/cobrowse/x HTTP/1.1`, named),
      lines(`CONNECT ${named} HTTP/1.1`, named),
      lines(`GET //${named}/cobrowse/x HTTP/1.1`, 'a.example'),
      lines(`GET /cobrowse/http://${named}/x HTTP/1.1`, 'a.example'),
      lines(`GET /cobrowse/@${named}/x HTTP/1.1`, 'a.example'),
      lines(ordinary, `a.example@${named}`),
      lines(ordinary, `a.example, ${named}`),
      lines(ordinary, 'a.example', `Host: ${named}`),
      ...['', 'http://', '@', 'CB_1@', 'CB_1:', '//'].map((before) =>
        lines(ordinary, 'a.example', `Cookie: gcbSessionServer=${before}${named}`),
      ),
      lines(ordinary, 'a.example', `Cookie: gcbSessionServer=CB_1; gcbSessionServerInstance=${named}~i~0~x`),
      lines(`GET /cobrowse/cometd HTTP/1.1`, 'a.example', `Cookie: gcbSessionServer=${named}`),
    ]),
    lines(ordinary, 'a.example', `X-Forwarded-Host: ${place}`, `Forwarded: host="${place}";for="${place}"`),
    lines(
      ordinary,
      'a.example',
      `X-Forwarded-For: ${place}`,
      `X-Real-IP: ${place}`,
      `X-Original-URL: http://${place}/`,
    ),
    lines(
      ordinary,
      'a.example',
      `Origin: http://${place}`,
      `Referer: http://${place}/`,
      `Destination: http://${place}/`,
    ),
    lines(ordinary, 'a.example', `X-Cobrowse-Instance: ${place}`, `Upgrade: h2c, http://${place}`),
    lines(`POST ${SESSIONS} HTTP/1.1`, 'a.example', 'Content-Length: 0'),
    // What the create's answer said, and what look-ups are told.
    lines(`GET ${SESSIONS}/424242421 HTTP/1.1`, 'a.example'),
    lines(`GET ${SESSIONS}/foreign HTTP/1.1`, 'a.example'),
    lines(`GET ${SESSIONS}/302 HTTP/1.1`, 'a.example'),
    lines(`GET ${SESSIONS}/@${place} HTTP/1.1`, 'a.example'),
    lines(`GET ${SESSIONS}/..%2f..%2f@${place} HTTP/1.1`, 'a.example'),
    lines(`GET /cobrowse/rest/live/users/${place}/session/stop HTTP/1.1`, 'a.example'),
    lines('GET /cobrowse/moved HTTP/1.1', 'a.example'),
    lines(ordinary, 'a.example', `Cookie: gcbSessionServer=http://${place}/cobrowse`),
  ];
}

describe('the proxy connects to its nodes alone', () => {
  it('whatever a cookie, a Host, a target, a forwarding header, or the answer of a node names', async (t) => {
    const victim = await startVictim(t);
    const node = await startNode(t, victim.port);
    const nodes = [{ name: 'CB_1', port: node.port, base: '/cobrowse', serverUrl: 'http://n1.example/cobrowse' }];
    const plane = await planeFor(t, nodes, { base: '/cobrowse' });
    const requests = requestsNaming(victim.port);
    for (const request of requests) {
      const answer = await exchangeRaw(plane.port, request);
      assert.match(answer, /^HTTP\/1\.1 (?:200|307|4\d\d|503) /, request);
      assert.equal(answer.includes(INTERNAL), false, request);
    }
    assert.equal(victim.connections(), 0);
    assert.ok(node.requests.length > requests.length / 2, 'most of them were forwarded, to the node');
    assert.ok(plane.records.every((record) => record.node === 'CB_1' || record.node === ''));

    // The victim does notice who comes.
    const socket = connect(victim.port, '127.0.0.1');
    t.after(() => socket.destroy());
    await once(socket, 'data');
    assert.equal(victim.connections(), 1);
  });
});
