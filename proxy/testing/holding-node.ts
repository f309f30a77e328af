/** A node that echoes what comes through tunnels, holds what is posted until it is released, and else says its name. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface HoldingNode {
  readonly name: string;
  readonly url: string;
  /** Posted and not answered, oldest first; those that the test has ended included. */
  readonly held: readonly ServerResponse[];
}

/** Resolves when it listens; ends with the test. */
export async function startHoldingNode(t: TestContext, name: string): Promise<HoldingNode> {
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST') held.push(response);
    else response.end(name);
  });
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cobrowse`;
  return { name, url, held };
}
