/** A node whose live channel has the limits that a test needs. */
import type { TestContext } from 'node:test';
import type { CobrowseNode } from '../../server.ts';
import { startTestNode } from '../../testing/nodes.ts';
import { LIVE_DEFAULTS, type LiveOptions } from '../options.ts';

/** A client is only gone where a test wants it so: a busy machine may take seconds for what takes milliseconds here. */
const TEST_OPTIONS: Partial<LiveOptions> = { timeoutMs: 5_000, maxIntervalMs: 60_000, sweepMs: 50 };

export interface LiveNode {
  readonly node: CobrowseNode;
  /** `http://127.0.0.1:…/cobrowse/cometd` */
  readonly url: string;
}

export async function startLiveNode(t: TestContext, options: Partial<LiveOptions> = {}): Promise<LiveNode> {
  const node = await startTestNode(t, { live: { ...LIVE_DEFAULTS, ...TEST_OPTIONS, ...options } });
  return { node, url: `${node.url}/cometd` };
}
