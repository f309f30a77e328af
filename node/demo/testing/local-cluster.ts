/** What `npm start` brings up, as a child process on ports of its own: three nodes and the proxy, each a process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { compiled } from '../../../config/testing/compiled.ts';

const PROGRAM = compiled(new URL('../../../config/deploy/local-cluster.ts', import.meta.url));
const NAMES = ['CB_Server_1', 'CB_Server_2', 'CB_Server_3'];
/** A free port may be taken by another test before the cluster has it. */
const ATTEMPTS = 3;

export interface Demo {
  /** As printed. */
  readonly customer: string;
  readonly agent: string;
  /** By name; undefined for a node that there is not. */
  nodePid(name: string): number | undefined;
  stop(): Promise<void>;
}

export async function startDemo(): Promise<Demo> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function launch(): Promise<Demo> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, ...(await environment()) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = once(child, 'exit');
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (/\n {2}\S+\/demo\/agent\n/.test(output)) resolve();
      });
    }
  });
  await Promise.race([ready, exited.then(() => assert.fail(`the cluster ended: ${output}`))]);
  return {
    customer: printed(output, /^ {2}(\S+\/demo\/customer)$/m),
    agent: printed(output, /^ {2}(\S+\/demo\/agent)$/m),
    nodePid: (name) => {
      const pid = new RegExp(`^  ${name} .*pid (\\d+)`, 'm').exec(output)?.[1];
      return pid === undefined ? undefined : Number(pid);
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function printed(output: string, pattern: RegExp): string {
  const [, text] = pattern.exec(output) ?? [];
  assert.ok(text, output);
  return text;
}

async function environment(): Promise<NodeJS.ProcessEnv> {
  const [listener, ...ports] = await freePorts(1 + NAMES.length);
  const nodes = NAMES.map((name, index) => ({ name, url: `http://127.0.0.1:${ports[index]}/cobrowse` }));
  return {
    COBROWSE_PROXY_LISTENERS_0_PORT: String(listener),
    COBROWSE_PROXY_ADMIN_PORT: '0',
    COBROWSE_PROXY_NODES: JSON.stringify(nodes),
    COBROWSE_PROXY_WORKERS: '1',
    // A node that is killed counts as lost at once.
    COBROWSE_PROXY_AFFINITY_RECONNECT_GRACE: '1s',
    COBROWSE_PROXY_LOG_LEVEL: 'fatal',
  };
}

/** All different, as they are taken at the same time. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    return address.port;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
