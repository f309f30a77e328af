/** A tunnel to the bound node opens, and messages come back unchanged. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { BASE, COOKIE, NODE_NAMES } from '../backend-facts.ts';
import type { Target } from './target.ts';

const PATIENCE_MS = 5_000;

export async function proveTunnel({ name, port }: Target, bytes: number): Promise<void> {
  const message = Buffer.from(Array.from({ length: bytes }, (_, index) => index % 251));
  for (const node of NODE_NAMES) {
    const options = { headers: { cookie: `${COOKIE}=${node}` }, perMessageDeflate: false };
    const socket = new WebSocket(`ws://127.0.0.1:${port}${BASE}/cometd`, options);
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      await once(socket, 'open', { signal });
      for (let turn = 0; turn < 2; turn++) {
        socket.send(message);
        const [back] = await once(socket, 'message', { signal });
        if (!(back instanceof Buffer && back.equals(message))) {
          throw new Error(`a message of ${bytes} bytes does not come back unchanged`);
        }
      }
    } catch (error) {
      throw new Error(`${name}: WebSocket to ${node}: ${error}`);
    } finally {
      socket.terminate();
    }
  }
}
