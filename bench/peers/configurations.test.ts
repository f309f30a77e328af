/** The peers take the configurations that the benchmarks write for them. Skipped where a peer is not installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { NODE_NAMES } from '../backend-facts.ts';
import { haproxy, nginx } from '../contenders.ts';
import { ScratchDir } from '../harness/scratch-dir.ts';
import { freePorts, type Place } from '../harness/site.ts';

for (const [template, contender, check] of [
  ['nginx.conf', nginx, '-t'],
  ['failover-nginx.conf', nginx, '-t'],
  ['haproxy.cfg', haproxy, '-c'],
  ['failover-haproxy.cfg', haproxy, '-c'],
] as const) {
  const { missing, prepare } = contender(template);
  const skip = process.env.REQUIRE_SERVICES === '1' ? false : missing();
  test(template, { skip }, async (t) => {
    const dir = new ScratchDir();
    t.after(() => dir.close());
    const [traffic = 0, admin = 0, ...nodePorts] = await freePorts(2 + NODE_NAMES.length);
    const nodes = NODE_NAMES.map((name, index) => ({ name, port: nodePorts[index] ?? 0 }));
    const place: Place = { dir: dir.path, nodes, pinning: { proxy: undefined, load: undefined } };
    const [file = '', ...args] = prepare(place, { traffic, admin }).command;
    const { status, stderr } = spawnSync(file, [...args, check], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
}
