/** The real proxy as a child process: proxy and node know nothing of each other but what is on the wire. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { compiled } from '../../../config/testing/compiled.ts';
import { PATIENT_PROXY } from '../../../config/testing/patient-proxy.ts';
import type { CobrowseNode } from '../../server.ts';

const CLI = compiled(new URL('../../../proxy/cli.ts', import.meta.url));
const ANY_PORT = { host: '127.0.0.1', port: 0 };

interface Listening {
  readonly type: 'listening';
  readonly listeners: readonly { readonly host: string; readonly port: number }[];
}

/** @returns the URL of the cluster's web application; the proxy goes with the test */
export async function startProxy(t: TestContext, nodes: readonly CobrowseNode[], origin: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-node-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'proxy.yaml');
  const config = {
    listeners: [ANY_PORT],
    admin: ANY_PORT,
    workers: 1,
    nodes: nodes.map(({ options: { name }, url }) => ({ name, url })),
    affinity: { lookup: { origin } },
  };
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [CLI, 'start', '--config', file], {
    env: { ...process.env, ...PATIENT_PROXY },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const message = await Promise.race([
    once(child, 'message').then(([message]) => message as Listening),
    exited.then(() => assert.fail(`the proxy ended: ${stderr}`)),
  ]);
  const [listener] = message.listeners;
  assert.ok(listener);
  return `http://${listener.host}:${listener.port}/cobrowse`;
}
