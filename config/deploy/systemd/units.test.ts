/** What systemd says of the units, and that they agree with the programs' defaults. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../load.ts';
import { nodeSchema } from '../../node-schema.ts';
import { proxySchema } from '../../proxy-schema.ts';
import { skipWithout } from '../../testing/installed.ts';

/** In tenths; what is left is what a server on the network cannot do without. */
const MOST_EXPOSED = 20;

const skip = skipWithout('systemd-analyze');

const directory = mkdtempSync(join(tmpdir(), 'cobrowse-systemd-'));
after(() => rmSync(directory, { recursive: true }));

const textOf = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

for (const name of ['cobrowse-proxy.service', 'cobrowse-node@.service']) {
  test(`systemd takes ${name}, and finds little that it exposes`, { skip }, () => {
    const file = join(directory, name);
    // It looks for the program.
    writeFileSync(file, textOf(name).replace('/usr/bin/node', process.execPath));
    const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    // It tells of other units of the machine as well.
    assert.doesNotMatch(verified.stderr, new RegExp(`^.*${name}.*$`, 'm'));
    assert.equal(verified.status, 0);
    const options = ['--offline=true', `--threshold=${MOST_EXPOSED}`, '--no-pager'];
    const { status, stdout } = spawnSync('systemd-analyze', ['security', ...options, file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });
}

test('both are given the time that they take to stop by default', () => {
  const files = { proxy: '../../cobrowse.yaml', node: '../../node.yaml' };
  const path = (file: string): string => new URL(file, import.meta.url).pathname;
  const proxy = loadConfig(proxySchema, { file: path(files.proxy), environment: {}, prefix: 'COBROWSE_PROXY_' });
  const node = loadConfig(nodeSchema, { file: path(files.node), environment: {}, prefix: 'COBROWSE_NODE_' });
  assert.ok(proxy.ok && node.ok);
  const { shutdown, shutdownDelay } = proxy.config.timeouts;
  const [, seconds] = /^TimeoutStopSec=(\d+)s$/m.exec(textOf('cobrowse-proxy.service')) ?? [];
  assert.ok(Number(seconds) * 1000 > shutdown + shutdownDelay);
  const [, minutes] = /^TimeoutStopSec=(\d+)min$/m.exec(textOf('cobrowse-node@.service')) ?? [];
  assert.ok(Number(minutes) * 60_000 > node.config.drain.deadline);
});

test('a reload of the proxy fails where its configuration is not valid, and else tells it as it expects', () => {
  const unit = textOf('cobrowse-proxy.service');
  const [, start = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
  assert.deepEqual(
    [...unit.matchAll(/^ExecReload=(.*)$/gm)].map(([, command]) => command),
    [start.replace(' start ', ' check '), '/bin/kill -HUP $MAINPID'],
  );
});
