/** What nodes, the log and a collector get to know of requests, by a data plane that is traced. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { refusedPort } from '../pool/testing/servers.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { answerTo, ask as askHttp2, begin, sessionFor } from '../testing/http2-client.ts';
import { answering, type NodeSocket, ok, type RawNode } from '../testing/raw-node.ts';
import { CLIENT, Collector, SERVER } from './testing/collector.ts';
import { type TracedPlane, tracedPlaneFor } from './testing/traced-plane.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const MINUTE = 60_000;
const TOKEN = '123456789';

/** Lines of the n-th head that a node got, whose names begin with `trace`. */
function traceLines(node: RawNode, index = 0): readonly string[] {
  const head = node.received.split('\r\n\r\n')[index] ?? '';
  return head.split('\r\n').filter((line) => line.toLowerCase().startsWith('trace'));
}

async function ask(t: TestContext, plane: { readonly port: number }, ...lines: readonly string[]): Promise<string> {
  const client = await clientFor(t, plane);
  client.send(['GET /a HTTP/1.1', 'Host: proxy.test:8700', ...lines, '', ''].join('\r\n'));
  return client.until((received) => received.includes('\r\n\r\n'));
}

interface Traced {
  readonly collector: Collector;
  readonly node: RawNode;
  readonly plane: TracedPlane;
}

async function traced(t: TestContext, tracing: object = {}, options: object = {}): Promise<Traced> {
  const collector = await Collector.start(t);
  const node = await nodeFor(t, answering(ok()));
  const { endpoint } = collector;
  const nodes = [{ name: 'CB_1', port: node.port }];
  const plane = await tracedPlaneFor(t, nodes, { endpoint, ratio: 1, ...tracing }, options);
  return { collector, node, plane };
}

describe('a trace that was begun before', () => {
  it('goes on: the node is asked by a span of the proxy, which is a child of whoever asked', async (t) => {
    const { collector, node, plane } = await traced(t, { ratio: 0 });
    await ask(t, plane, `traceparent: 00-${TRACE}-${SPAN}-01`, 'Tracestate: a=1', 'tracestate: b=2');
    const record = await plane.recorded();
    await plane.tracing.close(MINUTE);
    const [client, server] = await collector.collected(2);
    assert.equal(server?.kind, SERVER);
    assert.equal(server.traceId, TRACE);
    assert.equal(server.parentSpanId, SPAN);
    assert.equal(server.traceState, 'a=1,b=2');
    assert.equal(client?.kind, CLIENT);
    assert.equal(client.traceId, TRACE);
    assert.equal(client.parentSpanId, server.spanId);
    assert.deepEqual(traceLines(node), [`traceparent: 00-${TRACE}-${client.spanId}-01`, 'tracestate: a=1,b=2']);
    const { traceId, spanId, recorded } = record.trace ?? {};
    assert.deepEqual({ traceId, spanId, recorded }, { traceId: TRACE, spanId: server.spanId, recorded: true });
    assert.ok(server.startTimeUnixNano <= client.startTimeUnixNano);
    assert.ok(client.startTimeUnixNano <= client.endTimeUnixNano);
    assert.ok(client.endTimeUnixNano <= server.endTimeUnixNano, 'they lie within each other');
  });

  it('and that nobody records passes as it is, and leaves its id in the log', async (t) => {
    const { collector, node, plane } = await traced(t);
    await ask(t, plane, `traceparent: 00-${TRACE}-${SPAN}-00`, 'tracestate: a=1');
    const { trace } = await plane.recorded();
    await plane.tracing.close(MINUTE);
    assert.deepEqual(traceLines(node), [`traceparent: 00-${TRACE}-${SPAN}-00`, 'tracestate: a=1']);
    assert.deepEqual([trace?.traceId, trace?.recorded], [TRACE, false]);
    assert.equal(collector.requests, 0);
  });

  it('is recorded no more often than so many times a second, and goes on all the same', async (t) => {
    const { collector, node, plane } = await traced(t, { perSecond: 1 });
    const client = await clientFor(t, plane);
    const requests = 30;
    client.send(`GET /a HTTP/1.1\r\nHost: a\r\ntraceparent: 00-${TRACE}-${SPAN}-01\r\n\r\n`.repeat(requests));
    await client.until((received) => received.split('HTTP/1.1 200').length === requests + 1);
    await plane.tracing.close(MINUTE);
    const recorded = collector.spans.filter(({ kind }) => kind === SERVER).length;
    assert.ok(recorded >= 1);
    assert.equal(plane.stats.spans.limited, requests - recorded);
    const passed = traceLines(node, requests - 1);
    // On a machine so slow that each has a second of its own, all are recorded.
    if (recorded === 1) assert.deepEqual(passed, [`traceparent: 00-${TRACE}-${SPAN}-01`]);
  });
});

describe('a trace that begins here', () => {
  for (const [what, ...lines] of [
    ['without a traceparent', 'tracestate: a=1'],
    ['in the place of one that is not valid', `traceparent: 00-${TRACE.toUpperCase()}-${SPAN}-01`, 'tracestate: a=1'],
    ['in the place of several', `traceparent: 00-${TRACE}-${SPAN}-01`, `traceparent: 00-${TRACE}-${SPAN}-01`],
    ['in the place of one of a version that there is not', `traceparent: ff-${TRACE}-${SPAN}-01`],
  ] as const) {
    it(`${what} is recorded, and the node is told of that one alone`, async (t) => {
      const { collector, node, plane } = await traced(t);
      await ask(t, plane, ...lines);
      await plane.tracing.close(MINUTE);
      const [client, server] = await collector.collected(2);
      assert.equal(server?.parentSpanId, '');
      assert.notEqual(server.traceId, TRACE);
      assert.deepEqual(traceLines(node), [`traceparent: 00-${client?.traceId}-${client?.spanId}-01`]);
    });
  }

  it('may be one that is not recorded: the node and the log know its id', async (t) => {
    const { collector, node, plane } = await traced(t, { ratio: 0 });
    await ask(t, plane);
    const { trace } = await plane.recorded();
    await plane.tracing.close(MINUTE);
    assert.deepEqual(traceLines(node), [`traceparent: 00-${trace?.traceId}-${trace?.spanId}-00`]);
    assert.equal(trace?.recorded, false);
    assert.equal(collector.requests, 0);
  });
});

describe('while tracing is off', () => {
  const HEAD = [
    'GET /a HTTP/1.1',
    'Host: a',
    `TraceParent: 00-${TRACE}-${SPAN}-01`,
    'traceparent:  nonsense ',
    'tracestate: =',
    'X-Request-Id: r',
  ];

  it('a node gets what the client said of it, byte for byte', async (t) => {
    const node = await nodeFor(t, answering(ok()));
    const plane = await planeBefore(t, node);
    const client = await clientFor(t, plane);
    client.send([...HEAD, '', ''].join('\r\n'));
    await client.until('ok');
    assert.ok(node.received.includes(HEAD.slice(2, 5).join('\r\n')));
    assert.equal((await plane.recorded()).trace, undefined);
  });

  it('again, the next request on the same connection passes as well', async (t) => {
    const { node, plane } = await traced(t);
    const client = await clientFor(t, plane);
    client.send([...HEAD, '', ''].join('\r\n'));
    await client.until('ok');
    assert.equal(traceLines(node).length, 1);
    await plane.follow({ endpoint: '' });
    client.send([...HEAD, '', ''].join('\r\n'));
    await client.until((received) => received.split('ok').length === 3);
    assert.deepEqual(traceLines(node, 1), HEAD.slice(2, 5));
    await plane.follow({ endpoint: 'http://127.0.0.1:1', ratio: 0 });
    client.send([...HEAD, '', ''].join('\r\n'));
    await client.until((received) => received.split('ok').length === 4);
    assert.equal(traceLines(node, 2).length, 1);
  });
});

describe('spans', () => {
  it('say what happened in the words of the semantic conventions', async (t) => {
    const { collector, node, plane } = await traced(t, { serviceName: 'edge' });
    await ask(t, plane, 'X-Request-Id: r-1', 'Cookie: gcbSessionServer=CB_1');
    await plane.tracing.close(MINUTE);
    const [client, server] = await collector.collected(2);
    const { 'process.pid': pid, 'service.name': name, 'service.version': version } = server?.resource ?? {};
    assert.deepEqual([pid, name, version], [process.pid, 'edge', '1.2.3']);
    assert.equal(server?.name, 'GET any');
    assert.deepEqual(server.attributes, {
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'url.path': '/a',
      'server.address': 'proxy.test',
      'server.port': 8700,
      'client.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'http.response.status_code': 200,
      'cobrowse.request_id': 'r-1',
      'cobrowse.class': 'any',
      'cobrowse.attempts': 1,
      'cobrowse.termination': 'completed',
      'cobrowse.node': 'CB_1',
      'cobrowse.decision.by': 'cookie',
      'cobrowse.decision.verdict': 'bound',
    });
    assert.equal(server.status.code, 0);
    assert.equal(client?.name, 'GET');
    assert.deepEqual(client.attributes, {
      'http.request.method': 'GET',
      'url.full': `http://127.0.0.1:${node.port}/a`,
      'server.address': '127.0.0.1',
      'server.port': node.port,
      'network.protocol.version': '1.1',
      'http.response.status_code': 200,
      'cobrowse.node': 'CB_1',
    });
    assert.deepEqual(
      client.events.map((event) => event.name),
      ['connected', 'first byte'],
    );
  });

  it('never hold a token, a query, a cookie or an Origin', async (t) => {
    const { collector, plane } = await traced(t);
    const client = await clientFor(t, plane);
    const secrets = 'Cookie: a=SECRET\r\nAuthorization: SECRET\r\nOrigin: http://SECRET\r\n';
    for (const target of [
      `/rest/live/sessions/${TOKEN}?token=SECRET`,
      '/rest/live/sessions/12345678%39',
      `/rest/live/users/SECRET/session/stop`,
      `/elsewhere/${TOKEN}`,
    ]) {
      client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n${secrets}\r\n`);
    }
    await client.until((received) => received.split('HTTP/1.1 ').length === 5);
    await plane.tracing.close(MINUTE);
    await collector.collected(4, ({ kind }) => kind === SERVER);
    assert.doesNotMatch(collector.bodies.join(''), /SECRET|12345678/);
    const aliases = collector.spans.flatMap(({ attributes }) => attributes['cobrowse.session'] ?? []);
    assert.ok(aliases.includes(plane.aliases.of(TOKEN).slice(0, 12)), 'it has the alias of the log');
  });

  it('show each node that was tried', async (t) => {
    const collector = await Collector.start(t);
    const node = await nodeFor(t, answering(ok()));
    const plane = await tracedPlaneFor(
      t,
      [
        { name: 'CB_1', port: await refusedPort() },
        { name: 'CB_2', port: node.port },
      ],
      { endpoint: collector.endpoint, ratio: 1 },
    );
    await ask(t, plane, 'Cookie: gcbSessionServer=CB_1');
    await plane.tracing.close(MINUTE);
    const [first, second, server] = await collector.collected(3);
    assert.deepEqual(
      [first, second].map((span) => [
        span?.attributes['cobrowse.node'],
        span?.attributes['error.type'],
        span?.attributes['http.request.resend_count'],
        span?.status.code,
        span?.parentSpanId,
      ]),
      [
        ['CB_1', 'refused', undefined, 2, server?.spanId],
        ['CB_2', undefined, 1, 0, server?.spanId],
      ],
    );
    assert.equal(server?.attributes['cobrowse.attempts'], 2);
    assert.deepEqual(traceLines(node), [`traceparent: 00-${server?.traceId}-${second?.spanId}-01`]);
  });

  it('say why a request was refused', async (t) => {
    const collector = await Collector.start(t);
    const nodes = [{ name: 'CB_1', port: await refusedPort() }];
    const plane = await tracedPlaneFor(t, nodes, { endpoint: collector.endpoint, ratio: 1 });
    assert.match(await ask(t, plane), / 503 /);
    await plane.tracing.close(MINUTE);
    const [, server] = await collector.collected(2);
    assert.equal(server?.status.code, 2);
    assert.equal(server.attributes['error.type'], 'no_node_available');
    assert.equal(server.attributes['cobrowse.error'], 'no_node_available');
    assert.equal(server.attributes['http.response.status_code'], 503);
  });

  it('have no name that a client makes up', async (t) => {
    const { collector, plane } = await traced(t);
    const client = await clientFor(t, plane);
    client.send('PROPFIND /a HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('ok');
    await plane.tracing.close(MINUTE);
    const [client_, server] = await collector.collected(2);
    assert.deepEqual([client_?.name, server?.name], ['HTTP', 'HTTP any']);
    assert.equal(server?.attributes['http.request.method'], '_OTHER');
    assert.equal(server.attributes['http.request.method_original'], 'PROPFIND');
  });

  it('of a request over HTTP/2 are the same', async (t) => {
    const { collector, node, plane } = await traced(t, {}, { listeners: [{ port: 0, http2: true }] });
    const session = sessionFor(t, plane);
    const parent = `00-${TRACE}-${SPAN}-01`;
    assert.equal((await askHttp2(session, { traceparent: parent, tracestate: 'a=1' })).status, 200);
    await plane.tracing.close(MINUTE);
    const [client, server] = await collector.collected(2);
    assert.deepEqual([server?.traceId, server?.parentSpanId], [TRACE, SPAN]);
    assert.equal(server?.attributes['network.protocol.version'], '2');
    assert.deepEqual(traceLines(node), [`traceparent: 00-${TRACE}-${client?.spanId}-01`, 'tracestate: a=1']);
  });
});

describe('an upgrade', () => {
  const switching = ({ received, socket }: NodeSocket): void => {
    if (!received.endsWith('\r\n\r\n')) return;
    const key = /\r\nSec-WebSocket-Key: (\S+)\r\n/i.exec(received)?.[1] ?? '';
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const fields = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
    socket.on('end', () => socket.end());
  };

  async function tunnelled(t: TestContext, http2: boolean) {
    const collector = await Collector.start(t);
    const node = await nodeFor(t, switching);
    const listeners = [{ port: 0, http2 }];
    const nodes = [{ name: 'CB_1', port: node.port }];
    const plane = await tracedPlaneFor(t, nodes, { endpoint: collector.endpoint, ratio: 1 }, { listeners });
    return { collector, node, plane };
  }

  it('ends its span with the 101, which can be seen at once, and its tunnel has one of its own', async (t) => {
    const { collector, node, plane } = await tunnelled(t, false);
    const client = await clientFor(t, plane);
    client.send(
      `GET /cometd HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\ntraceparent: 00-${TRACE}-${SPAN}-01\r\n\r\n`,
    );
    await client.until('101');
    const [attempt, server] = await collector.collected(2);
    assert.deepEqual(traceLines(node), [`traceparent: 00-${TRACE}-${attempt?.spanId}-01`]);
    assert.equal(attempt?.attributes['http.response.status_code'], 101);
    assert.equal(server?.attributes['http.response.status_code'], 101);
    assert.equal(server.name, 'GET live');
    client.send('hello');
    await (await node.connection()).until('hello');
    client.close();
    await plane.recorded();
    await plane.tracing.close(MINUTE);
    const [tunnel] = await collector.collected(1, ({ name }) => name === 'tunnel');
    assert.equal(tunnel?.parentSpanId, server.spanId);
    assert.equal(tunnel.attributes['cobrowse.termination'], 'tunnel-closed');
    assert.ok(tunnel.startTimeUnixNano >= server.startTimeUnixNano);
  });

  it('over HTTP/2 as well', async (t) => {
    const { collector, node, plane } = await tunnelled(t, true);
    const session = sessionFor(t, plane);
    const headers = { ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/cometd' };
    const stream = begin(session, { ...headers, traceparent: `00-${TRACE}-${SPAN}-01` }, false);
    const answered = answerTo(stream);
    const [attempt, server] = await collector.collected(2);
    assert.equal(server?.attributes['http.response.status_code'], 101);
    assert.deepEqual(traceLines(node), [`traceparent: 00-${TRACE}-${attempt?.spanId}-01`]);
    stream.end();
    assert.equal((await answered).status, 200);
  });
});

describe('a reload', () => {
  it('sends spans elsewhere, and begins other traces', async (t) => {
    const { collector, plane } = await traced(t);
    await ask(t, plane);
    await collector.collected(2);
    const other = await Collector.start(t);
    await plane.follow({ endpoint: other.endpoint, ratio: 1, serviceName: 'other' });
    await ask(t, plane);
    const [span] = await other.collected(2);
    assert.equal(span?.resource['service.name'], 'other');
    await plane.follow({ endpoint: other.endpoint, ratio: 0, serviceName: 'other' });
    await ask(t, plane);
    await plane.recorded(({ trace }) => trace?.recorded === false);
    await plane.tracing.close(MINUTE);
    assert.equal(collector.spans.length, 2);
    assert.equal(other.spans.length, 2);
    assert.deepEqual([...new Set([...collector.paths, ...other.paths])], ['/v1/traces']);
  });
});
