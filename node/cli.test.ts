import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compiled } from '../config/testing/compiled.ts';
import { startTestNode } from './testing/nodes.ts';

const CLI = compiled(new URL('cli.ts', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../config/node.yaml', import.meta.url));

function spawnCli(t: TestContext, args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function runCli(t: TestContext, args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Result> {
  const child = spawnCli(t, args, environment);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** A file that is gone after the test. */
function configFile(t: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'cobrowse-node-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'node.yaml');
  writeFileSync(file, text);
  return file;
}

/** The log lines of a child, one at a time as they come. */
class LogLines {
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    assert.ok(child.stdout);
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async find(msg: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      assert.ok(!done, `the log ended before '${msg}'`);
      const line = JSON.parse(value) as Record<string, unknown>;
      if (line.msg === msg) return line;
    }
  }
}

test('every command has a version', async (t) => {
  const { code, stdout } = await runCli(t, ['start', '--version']);
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('start tells its ports, drains on SIGTERM while a session is live, and exits 0 on the second signal', async (t) => {
  const args = ['--name', 'CB_7', '--port', '0', '--base', '/', '--metrics-port', '0', '--drain-time', '1h'];
  const child = spawnCli(t, ['start', ...args], { COBROWSE_NODE_NAME: 'overridden', COBROWSE_NODE_DRAIN_NOTICE: '0s' });
  const exit = once(child, 'exit');
  const log = new LogLines(child);
  const [[message], line] = await Promise.all([once(child, 'message'), log.find('listening')]);
  assert.deepEqual(message, { type: 'listening', port: line.port, metrics: line.metrics });
  assert.equal(line.node, 'CB_7');
  assert.equal(line.level, 'info');
  assert.equal(line.url, `http://127.0.0.1:${line.port}`);
  const created = await fetch(`${line.url}/rest/live/sessions`, { method: 'POST' });
  assert.deepEqual(created.headers.getSetCookie(), ['gcbSessionServer=CB_7; Path=/']);
  const { sessionToken } = (await created.json()) as { sessionToken: string };
  const logged = await log.find('session created');
  assert.equal(logged.session, `*****${sessionToken.slice(-4)}`);

  child.kill('SIGTERM');
  await log.find('draining');
  const health = await fetch(`${line.url}/health`);
  assert.equal(health.status, 503);
  assert.equal(health.headers.get('x-cobrowse-state'), 'draining');
  const { port } = line.metrics as { port: number };
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(metrics, /^cobrowse_node_draining 1$/m);
  assert.match(metrics, /^cobrowse_node_process_cpu_seconds_total /m);

  child.kill('SIGTERM');
  assert.equal((await log.find('session ended')).cause, 'node_stopped');
  await log.find('stopped');
  assert.deepEqual(await exit, [0, null]);
});

test('SIGINT stops it too, without a second signal, when no session is live', async (t) => {
  const child = spawnCli(t, ['start', '--port', '0'], { COBROWSE_NODE_DRAIN_NOTICE: '0s' });
  const exit = once(child, 'exit');
  await once(child, 'message');
  child.kill('SIGINT');
  assert.deepEqual(await exit, [0, null]);
});

test('a busy port is one line and exit code 1', async (t) => {
  const { port } = await startTestNode(t);
  assert.deepEqual(await runCli(t, ['start', '--port', String(port)]), {
    code: 1,
    stdout: '',
    stderr: `cobrowse-node: cannot listen on 127.0.0.1:${port}: the port is in use; expected a free one, see --port and --metrics-port\n`,
  });
});

test('wrong usage is one line and exit code 2', async (t) => {
  const { code, stdout, stderr } = await runCli(t, ['start', '--prt', '1']);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  assert.match(stderr, /^cobrowse-node: unknown option '--prt' [^\n]*--port[^\n]*\n$/);
});

describe('check', () => {
  test('says what is wrong in the file, the environment and the flags, one line each, and exits 2', async (t) => {
    const file = configFile(t, 'port: 8701\nsessions:\n  maximum: 3\n');
    const args = ['check', '--config', file, '--port', '99999', '--base', 'x\ny', '--allowed-origins', '*'];
    const { code, stdout, stderr } = await runCli(t, args, {
      COBROWSE_NODE_DRAIN_DEADLINE: 'soon',
      COBROWSE_NODE_STORE_URL: 'redis://:s3cret@h/x',
    });
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      `${file}:3:3: sessions.maximum: unknown key: expected one of max, neverJoined, abandoned, retention, history`,
      'COBROWSE_NODE_DRAIN_DEADLINE: drain.deadline: expected a duration such as 500ms, 2s, 5m or 1h, from 0ms to 24h, got "soon"',
      'COBROWSE_NODE_STORE_URL: store.url: expected memory, or a URL such as redis://user:password@host:6379/0?prefix=gcb: or rediss://host',
      '--port: port: expected a whole number from 0 to 65535, got 99999',
      '--base: base: expected a path such as /cobrowse, or / for the root, got "x\\ny"',
      '--allowed-origins: allowedOrigins: expected origins such as https://agents.example.com or https://*.example.com, separated by commas, got "*"',
    ]);
  });

  test('sums up what is right, without a password', async (t) => {
    const { code, stdout, stderr } = await runCli(t, ['check', '--config', EXAMPLE, '--metrics-port', '9701'], {
      COBROWSE_NODE_STORE_URL: 'redis://:s3cret@redis:6379/2',
    });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.equal(
      stdout,
      'configuration ok: Co-browse_Server; listening on 127.0.0.1:8700/cobrowse; store redis://redis:6379/2; metrics on 127.0.0.1:9701\n',
    );
  });
});
