/** Nodes for tests: on a free loopback port, stopped when the test ends. */
import type { TestContext } from 'node:test';
import type { NodeOptions } from '../options.ts';
import { AllowedOrigins } from '../origins.ts';
import { type CobrowseNode, type NodeDependencies, startNode } from '../server.ts';

export const ALLOWED_ORIGIN = 'https://agents.example.com';

export async function startTestNode(
  t: TestContext,
  options: Partial<NodeOptions> = {},
  dependencies: NodeDependencies = {},
): Promise<CobrowseNode> {
  const defaults = {
    name: 'CB_Server_1',
    port: 0,
    allowedOrigins: new AllowedOrigins({ exact: [ALLOWED_ORIGIN], subdomains: [] }),
    drainNoticeMs: 0,
    drainDeadlineMs: 0,
  };
  const node = await startNode({ ...defaults, ...options }, dependencies);
  t.after(() => node.stop(0));
  return node;
}

/** `{ status, code }` of an error answer, code undefined when the body is no error. */
export async function errorOf(response: Response): Promise<{ status: number; code: unknown }> {
  const body = (await response.json()) as { error?: { code?: unknown; message?: unknown } };
  return { status: response.status, code: body.error?.code };
}
