/** Nodes with TLS, and planes that have to verify them. */
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { serveTcp } from '../pool/testing/servers.ts';
import { mint } from './certificates.ts';
import type { TestPlane } from './data-plane.ts';
import { nodeFor, planeFor } from './for-test.ts';
import type { NodeSocket, RawNode } from './raw-node.ts';

export const NODE_CA = mint({ commonName: 'nodes', ca: true });
export const NODE_CERTIFICATE = mint({ names: ['127.0.0.1', 'node.example'], by: NODE_CA });
export const PROXY_CERTIFICATE = mint({ commonName: 'proxy', by: NODE_CA });

/** By the names that options for TLS to nodes may have here. */
export const NODE_FILES = {
  ca: NODE_CA.cert,
  'other-ca': mint({ commonName: 'others', ca: true }).cert,
  cert: PROXY_CERTIFICATE.cert,
  key: PROXY_CERTIFICATE.key,
};

/** A plane before one node at this port, `CB_1`, with TLS on these terms. */
export function planeBeforeTls(
  t: TestContext,
  { port }: { readonly port: number },
  { tls = { ca: 'ca' }, config = {} }: { readonly tls?: object; readonly config?: object } = {},
): Promise<TestPlane> {
  return planeFor(t, [{ name: 'CB_1', port, tls }], config, { listeners: [], nodeFiles: NODE_FILES });
}

/** Both; the plane trusts the node. */
export async function tlsNodeFor(
  t: TestContext,
  onData?: (connection: NodeSocket) => void,
): Promise<{ readonly node: RawNode; readonly plane: TestPlane }> {
  const { cert, key } = NODE_CERTIFICATE;
  const node = await nodeFor(t, onData, { cert, key });
  return { node, plane: await planeBeforeTls(t, node) };
}

/** Somebody on the way to a port, who passes all on and can end the connections by themselves. */
export async function middleFor(
  t: TestContext,
  { port }: { readonly port: number },
): Promise<{ readonly port: number; end(): void; reset(): void }> {
  const towardsProxy: Socket[] = [];
  const middle = await serveTcp(t, (socket) => {
    const onwards = connect({ port, host: '127.0.0.1' });
    t.after(() => onwards.destroy());
    onwards.on('error', () => {});
    onwards.pipe(socket, { end: false });
    socket.pipe(onwards);
    towardsProxy.push(socket);
  });
  return {
    port: middle,
    end: () => {
      for (const socket of towardsProxy) socket.end();
    },
    reset: () => {
      for (const socket of towardsProxy) socket.resetAndDestroy();
    },
  };
}

export function tlsOf({ socket }: NodeSocket): TLSSocket {
  return socket as TLSSocket;
}
