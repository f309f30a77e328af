/** Nodes, planes and clients that live as long as one test. */
import type { TestContext } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { type PlaneTls, startPlane, type TestNode, type TestPlane } from './data-plane.ts';
import { RawClient } from './raw-client.ts';
import { type NodeSocket, RawNode } from './raw-node.ts';

/** `tls` as for `RawNode.start`. */
export async function nodeFor(
  t: TestContext,
  onData?: (connection: NodeSocket) => void,
  tls?: TlsOptions,
): Promise<RawNode> {
  const node = await RawNode.start(onData, tls);
  t.after(() => node.close());
  return node;
}

/** `options` as for `startPlane`. */
export async function planeFor(
  t: TestContext,
  nodes: readonly TestNode[],
  options?: object,
  tls?: PlaneTls,
): Promise<TestPlane> {
  const plane = await startPlane(nodes, options, tls);
  t.after(() => plane.close());
  return plane;
}

/** A plane before one node at this port, `CB_1`. */
export function planeBefore(t: TestContext, { port }: { port: number }, options?: object): Promise<TestPlane> {
  return planeFor(t, [{ name: 'CB_1', port }], options);
}

export async function clientFor(t: TestContext, { port }: { port: number }): Promise<RawClient> {
  const client = await RawClient.open(port);
  t.after(() => client.close());
  return client;
}
