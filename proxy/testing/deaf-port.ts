/** A port at which nobody answers: connections to it hang, as those to a host that has vanished. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';

export interface DeafPort {
  readonly port: number;
  /**
   * Lets the listener accept what waits; resolves with all bytes that it then gets, once its connections have ended.
   */
  listen(): Promise<string>;
}

/** A listener that does not accept, in a thread that sleeps until it is told to go on. */
const LISTENER = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  let received = '';
  let open = 0;
  const server = createServer((socket) => {
    open++;
    socket.on('data', (chunk) => { received += chunk.toString('latin1'); });
    socket.on('error', () => {});
    socket.on('close', () => { if (--open === 0) { parentPort.postMessage(received); server.close(); } });
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData, 0, 0);
  });
`;

export async function deafPort(t: TestContext): Promise<DeafPort> {
  const asleep = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(LISTENER, { eval: true, workerData: asleep });
  const wake = (): void => {
    Atomics.store(asleep, 0, 1);
    Atomics.notify(asleep, 0);
  };
  const [port] = (await once(worker, 'message')) as [number];
  // These two fill the queue of those who wait to be accepted; the kernel drops the SYN of any further one.
  const waiting: Socket[] = [];
  for (let n = 0; n < 2; n++) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    waiting.push(socket);
    await once(socket, 'connect');
  }
  t.after(async () => {
    wake();
    for (const socket of waiting) socket.destroy();
    await worker.terminate();
  });
  return {
    port,
    async listen() {
      const received = once(worker, 'message');
      wake();
      for (const socket of waiting) socket.destroy();
      const [bytes] = (await received) as [string];
      return bytes;
    },
  };
}
