/** Ports for programs that have to be told theirs before they listen, or that listen again where they did. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that Linux gives to whoever listens at port 0, and to every connection (`net.ipv4.ip_local_port_range`):
 * one of those may be gone before it is used, or between one use and the next.
 */
const FIRST = 10_000;
const COUNT = 22_000;

const given = new Set<number>();

/** Free loopback ports, all different, and none twice in a process. Random ones: other processes choose here too. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** The only one of `freePorts(1)`. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
