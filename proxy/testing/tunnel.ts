/** The live channel over a WebSocket, as far as the proxy sees it: a request for an upgrade, and bytes. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { RawClient } from './raw-client.ts';

const HEAD = [
  'GET /cobrowse/cometd HTTP/1.1',
  'Host: proxy.test',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** Resolves when there is the head of an answer, whatever it says; ends with the test. */
export async function askForTunnel(t: TestContext, port: number, cookie?: string): Promise<RawClient> {
  const client = await RawClient.open(port);
  t.after(() => client.close());
  client.send([...HEAD, ...(cookie === undefined ? [] : [`Cookie: ${cookie}`]), '', ''].join('\r\n'));
  await client.until('\r\n\r\n');
  return client;
}

/** Resolves when the tunnel is open. */
export async function openTunnel(t: TestContext, port: number, cookie?: string): Promise<RawClient> {
  const client = await askForTunnel(t, port, cookie);
  assert.match(client.received, /^HTTP\/1\.1 101 /);
  return client;
}
