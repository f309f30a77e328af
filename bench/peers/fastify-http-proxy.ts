/**
 * The npm package `@fastify/http-proxy` doing the same job: affinity by cookie, the same forwarding headers, pooled
 * node connections. It ends WebSockets itself and sends each message on in frames of its own.
 */
import httpProxy from '@fastify/http-proxy';
import { fastify } from 'fastify';
import { ANSWER_TIMEOUT_MS, cleanForwardingHeaders, KEEP_ALIVE_MS, LISTEN, nodeFor } from './npm-peer.ts';

const BODY_LIMIT = 1024 ** 3;
/** Enough for a held poll of each client. */
const MOST_NODE_CONNECTIONS = 16_384;

const server = fastify({ keepAliveTimeout: KEEP_ALIVE_MS, bodyLimit: BODY_LIMIT, logger: false });

await server.register(httpProxy, {
  upstream: '',
  websocket: true,
  undici: {
    connections: MOST_NODE_CONNECTIONS,
    pipelining: 1,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  },
  replyOptions: {
    getUpstream: (request) => nodeFor(request.headers),
    rewriteRequestHeaders(request, headers) {
      const own = { ...headers };
      cleanForwardingHeaders(own);
      own['x-forwarded-for'] = request.ip;
      own['x-forwarded-proto'] = 'http';
      own['x-forwarded-host'] = request.headers.host;
      own.host = request.headers.host;
      return own;
    },
  },
});
await server.listen(LISTEN);
