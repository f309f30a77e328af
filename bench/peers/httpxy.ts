/**
 * The npm package `httpxy` doing the same job: affinity by cookie, the same forwarding headers, pooled node
 * connections, upgrades.
 */
import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { createProxyServer } from 'httpxy';
import { keepNodeConnection, OPTIONS, refuse } from './http-proxy-peer.ts';
import { cleanForwardingHeaders, KEEP_ALIVE_MS, LISTEN, nodeFor } from './npm-peer.ts';

const proxy = createProxyServer(OPTIONS);
proxy.on('error', (_error, _request, response) => refuse(response));
proxy.on('proxyReq', keepNodeConnection);

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
  cleanForwardingHeaders(request.headers);
  void proxy.web(request, response, { target: nodeFor(request.headers) });
});
server.on('upgrade', (request, socket, head) => {
  cleanForwardingHeaders(request.headers);
  if (socket instanceof Socket) void proxy.ws(request, socket, { target: nodeFor(request.headers) }, head);
});
server.listen(LISTEN);
