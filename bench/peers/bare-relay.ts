/**
 * What Node.js itself takes for what is small, on connections that stay: bytes passed between a client and its
 * connection to the first node, and nothing of HTTP. Bulk is copied, and each client has a connection to the node of
 * its own: there a balancer can be cheaper. One argument, JSON, as in `npm-peer.ts`.
 */
import { connect, createServer } from 'node:net';
import { LISTEN, NODES } from './npm-peer.ts';

const READ_BYTES = 64 * 1024;
const shared = Buffer.allocUnsafeSlow(READ_BYTES);

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const node = connect({
    host: '127.0.0.1',
    port: NODES[0]?.port ?? 0,
    noDelay: true,
    allowHalfOpen: true,
    onread: {
      buffer: shared,
      // Copied: the next read, of any connection, goes to the same bytes.
      callback: (length) => {
        if (!client.write(Buffer.from(shared.subarray(0, length)))) node.pause();
        return true;
      },
    },
  });
  client.on('data', (chunk) => {
    if (!node.write(chunk)) client.pause();
  });
  client.on('drain', () => node.resume());
  node.on('drain', () => client.resume());
  client.on('end', () => node.end());
  node.on('end', () => client.end());
  for (const [one, other] of [
    [client, node],
    [node, client],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroySoon());
  }
});
server.listen(LISTEN);
