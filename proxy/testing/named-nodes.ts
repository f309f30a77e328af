/** Nodes that answer every request with their own name and the target that they got. */
import type { TestContext } from 'node:test';
import { serveHttp } from '../pool/testing/servers.ts';
import type { TestPlane } from './data-plane.ts';
import { planeFor } from './for-test.ts';

/** What a node says instead, for a target; undefined for its usual answer. */
export type Says = (name: string, target: string) => { readonly status: number; readonly body: string } | undefined;

/** A plane before `CB_1` to `CB_3` below `/cobrowse`, each with a `serverUrl` by path prefix and by host name. */
export async function clusterFor(
  t: TestContext,
  options: object = {},
  says: Says = () => undefined,
): Promise<TestPlane> {
  const nodes = await Promise.all(
    ['CB_1', 'CB_2', 'CB_3'].map(async (name) => ({
      name,
      base: '/cobrowse',
      port: await serveHttp(t, (request, response) => {
        const { url: target = '' } = request;
        const { status, body } = says(name, target) ?? { status: 200, body: `${name} ${target}` };
        response.writeHead(status).end(body);
      }),
    })),
  );
  const serverUrls = ['http://proxy.test/n1/cobrowse', 'http://proxy.test:8700/n2/cobrowse', 'http://n3.proxy.test'];
  return planeFor(
    t,
    nodes.map((node, index) => ({ ...node, serverUrl: serverUrls[index] ?? '' })),
    { base: '/cobrowse', balance: 'round-robin', ...options },
  );
}
