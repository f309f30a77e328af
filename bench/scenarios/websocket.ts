import { messagesExchanged } from '../harness/load.ts';
import { proveTunnel } from '../harness/prove-tunnel.ts';
import { boundHeads, exchangeMetrics, measureExchanges } from './requests.ts';
import type { Scenario } from './scenario.ts';

/** The key is the example of RFC 6455 §1.3: nobody here has to tell a WebSocket from a cached answer. */
export const UPGRADES = boundHeads(
  'GET',
  '/cometd',
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
);

const messages = (bytes: number, size: string): Scenario => ({
  name: `websocket-${size}`,
  summary: `WebSocket messages of ${bytes} bytes through tunnels, each echoed by the node before the next is sent`,
  metrics: exchangeMetrics('message'),
  prove: (target) => proveTunnel(target, bytes),
  measure(contender, { place, connections, seconds }) {
    const load = { port: contender.target.port, heads: UPGRADES, payload: bytes, connections, seconds };
    return measureExchanges(contender, () => messagesExchanged(load, place.pinning));
  },
});

export const websocket100B = messages(100, '100b');
export const websocket64Kb = messages(64 * 1024, '64kb');
