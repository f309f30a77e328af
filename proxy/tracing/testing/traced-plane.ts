/** A data plane that is traced as a worker's is. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { proxySchema, type TracingConfig } from '../../../config/proxy-schema.ts';
import { PathMask } from '../../observe/path-mask.ts';
import type { TestNode, TestPlane } from '../../testing/data-plane.ts';
import { planeFor } from '../../testing/for-test.ts';
import { TracingSwitch } from '../tracing-switch.ts';

export interface TracedPlane extends TestPlane {
  readonly tracing: TracingSwitch;
  /** What was logged, each with what goes with it. */
  readonly logged: readonly string[];
  follow(options: object): Promise<void>;
}

export function tracingConfig(options: object): TracingConfig {
  return proxySchema.parse({ nodes: [{ name: 'a', url: 'http://a' }], tracing: options }).tracing;
}

/** `tracing`: as an operator would write it. */
export async function tracedPlaneFor(
  t: TestContext,
  nodes: readonly TestNode[],
  tracing: object,
  options: object = {},
): Promise<TracedPlane> {
  const test = await planeFor(t, nodes, options);
  const logged: string[] = [];
  const log = (...words: readonly unknown[]): void => {
    logged.push(words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' '));
  };
  const switched = new TracingSwitch({
    version: '1.2.3',
    logger: { info: log, warn: log, error: (...words: readonly unknown[]) => assert.fail(words.map(String).join(' ')) },
    counts: test.stats.spans,
    pathMask: () => new PathMask(test.config.routes),
    aliasOf: (token) => test.aliases.of(token),
    onChange: (changed) => test.plane.trace(changed),
  });
  t.after(() => switched.close(1));
  const follow = (changed: object): Promise<void> => switched.follow(tracingConfig(changed));
  await follow(tracing);
  return { ...test, tracing: switched, logged, follow };
}
