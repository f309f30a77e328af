/** Real servers on a free port of the loopback, closed when the test ends. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** A port of 127.0.0.1. */
export async function serveHttp(t: TestContext, listener: http.RequestListener): Promise<number> {
  const server = http.createServer(listener);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return listen(server, 0);
}

/** A port of 127.0.0.1 whose connections are handed to the test. */
export async function serveTcp(t: TestContext, onSocket: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return listen(server, 0);
}

/**
 * A port of 127.0.0.1 that refuses connections, for as long as this process lives: that of an outgoing connection, so
 * that nobody else gets it, as the port of a listener that was closed.
 */
export async function refusedPort(): Promise<number> {
  const server = net.createServer((socket) => socket.unref());
  const socket = net.connect({ host: '127.0.0.1', port: await listen(server, 0) });
  await once(socket, 'connect');
  server.unref();
  socket.unref();
  return socket.localPort ?? 0;
}

export async function listen(server: net.Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
