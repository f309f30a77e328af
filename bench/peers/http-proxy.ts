/**
 * The npm package `http-proxy` doing the same job: affinity by cookie, the same forwarding headers, pooled node
 * connections, upgrades.
 */
import { Agent, createServer, ServerResponse } from 'node:http';
import httpProxy from 'http-proxy';
import { ANSWER_TIMEOUT_MS, cleanForwardingHeaders, KEEP_ALIVE_MS, LISTEN, nodeFor } from './npm-peer.ts';

const proxy = httpProxy.createProxyServer({
  agent: new Agent({ keepAlive: true, maxFreeSockets: 1024 }),
  xfwd: true,
  proxyTimeout: ANSWER_TIMEOUT_MS,
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

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
  cleanForwardingHeaders(request.headers);
  proxy.web(request, response, { target: nodeFor(request.headers) });
});
server.on('upgrade', (request, socket, head) => {
  cleanForwardingHeaders(request.headers);
  proxy.ws(request, socket, head, { target: nodeFor(request.headers) });
});
server.listen(LISTEN);
