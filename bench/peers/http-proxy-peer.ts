/** What `http-proxy` and its fork `httpxy` are told alike. */
import { Agent, type ClientRequest, type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ANSWER_TIMEOUT_MS } from './npm-peer.ts';

export const OPTIONS = {
  agent: new Agent({ keepAlive: true, maxFreeSockets: 1024 }),
  xfwd: true,
  proxyTimeout: ANSWER_TIMEOUT_MS,
};

/** A node has failed. `response`: a socket where it was to be a tunnel. */
export function refuse(response: ServerResponse | Socket | undefined): void {
  if (!(response instanceof ServerResponse)) response?.destroy();
  else if (response.headersSent) response.destroy();
  else response.writeHead(502).end();
}

/** A client that closes must not cost a node connection: Connection is hop by hop (RFC 9110 §7.6.1). */
export function keepNodeConnection(outgoing: ClientRequest, { headers }: IncomingMessage): void {
  if (headers.connection === 'close') outgoing.setHeader('connection', 'keep-alive');
}
