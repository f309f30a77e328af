/**
 * The thread that holds listening sockets. A server of Node.js accepts as soon as its event loop runs, and there is no
 * public way to keep it from that; so this thread blocks for good and never gets to its event loop, except that it
 * wakes to open and close sockets. What clients have connected meanwhile waits in the kernel for a worker that accepts,
 * which has inherited the descriptor.
 */
import { once } from 'node:events';
import { fstatSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Address, HoldProblem } from './messages.ts';

/** `port`: where orders come from. `orders`: counts them; a change of it wakes the thread. */
export interface SocketThreadData {
  readonly port: MessagePort;
  readonly orders: Int32Array;
}

/** The host of an address is an IP address: to look up a name the thread would have to run its event loop. */
export type SocketOrder =
  | { readonly type: 'open'; readonly address: Address; readonly backlog: number }
  | { readonly type: 'close'; readonly fd: number };

/** To each `open`. */
export type SocketAnswer = { readonly fd: number; readonly port: number } | { readonly problem: HoldProblem };

const { port, orders } = workerData as SocketThreadData;
const servers = new Map<number, Server>();

for (let seen = 0; ; ) {
  // Whatever came before this look at the count has been seen to; a later order ends the wait at once.
  Atomics.wait(orders, 0, seen);
  seen = Atomics.load(orders, 0);
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    const order = next.message as SocketOrder;
    if (order.type === 'open') port.postMessage(await open(order.address, order.backlog));
    else close(order.fd);
  }
}

/** Awaits what comes without the event loop only: the `listening` and `error` of a server are such. */
async function open({ host, port }: Address, backlog: number): Promise<SocketAnswer> {
  const before = new Set(openSockets());
  const server = createServer();
  try {
    server.listen({ host, port, backlog });
    await once(server, 'listening');
  } catch (error) {
    const { code = '', syscall = '', message } = error as NodeJS.ErrnoException;
    return { problem: { code, syscall, message } };
  }
  const [fd, ...others] = openSockets().filter((candidate) => !before.has(candidate));
  if (fd === undefined || others.length > 0) {
    server.close();
    return { problem: { code: '', syscall: '', message: 'cannot tell which descriptor the socket has' } };
  }
  servers.set(fd, server);
  return { fd, port: (server.address() as AddressInfo).port };
}

function close(fd: number): void {
  servers.get(fd)?.close();
  servers.delete(fd);
}

/** Node.js tells no descriptor of a socket, but what there is more after a socket was opened is that socket. */
function openSockets(): readonly number[] {
  return readdirSync('/dev/fd').map(Number).filter(isSocket);
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    // That of the directory itself, which is closed by now.
    return false;
  }
}
