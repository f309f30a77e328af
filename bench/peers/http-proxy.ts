/**
 * The npm package `http-proxy` doing the same job: affinity by cookie, the same forwarding headers, pooled node
 * connections, upgrades. One argument, JSON: `{ "port": 40000, "nodes": [{ "name": "CB_Server_1", "port": 40001 }] }`.
 */
import { randomUUID } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, ServerResponse } from 'node:http';
import httpProxy from 'http-proxy';
import { z } from 'zod';
import { COOKIE } from '../backend-facts.ts';

const address = z.object({ name: z.string(), port: z.int() });
const { port, nodes } = z
  .object({ port: z.int(), nodes: z.array(address).min(1) })
  .parse(JSON.parse(process.argv[2] ?? ''));

const urls = nodes.map((node) => `http://127.0.0.1:${node.port}`);
const urlByName = new Map(nodes.map((node, index) => [node.name, urls[index]]));
const cookiePattern = new RegExp(`(?:^|; *)${COOKIE}=([^;]*)`);
let turn = 0;

/** The bound node, or the next in turn. */
function nodeFor(request: IncomingMessage): string {
  const bound = urlByName.get(cookiePattern.exec(request.headers.cookie ?? '')?.[1] ?? '');
  turn = (turn + 1) % urls.length;
  return bound ?? urls[turn] ?? '';
}

/** `xfwd` appends to what the client claims; an edge proxy must not believe it. */
function cleanForwardingHeaders(request: IncomingMessage): void {
  const { headers } = request;
  delete headers['x-forwarded-for'];
  delete headers['x-forwarded-proto'];
  delete headers['x-forwarded-host'];
  headers['x-request-id'] ??= randomUUID();
}

const proxy = httpProxy.createProxyServer({
  agent: new Agent({ keepAlive: true, maxFreeSockets: 1024 }),
  xfwd: true,
  proxyTimeout: 600_000,
});

proxy.on('error', (_error, _request, response) => {
  if (!(response instanceof ServerResponse)) response?.destroy();
  else if (response.headersSent) response.destroy();
  else response.writeHead(502).end();
});

// A client that closes must not cost a node connection: Connection is hop by hop (RFC 9110 §7.6.1).
proxy.on('proxyReq', (outgoing, request) => {
  if (request.headers.connection === 'close') outgoing.setHeader('connection', 'keep-alive');
});

const server = createServer({ keepAliveTimeout: 75_000, noDelay: true }, (request, response) => {
  cleanForwardingHeaders(request);
  proxy.web(request, response, { target: nodeFor(request) });
});
server.on('upgrade', (request, socket, head) => {
  cleanForwardingHeaders(request);
  proxy.ws(request, socket, head, { target: nodeFor(request) });
});
server.listen({ host: '127.0.0.1', port, backlog: 4096 });
