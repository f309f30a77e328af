import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestNode } from './testing/nodes.ts';

const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));
const LOADER = import.meta.resolve('tsx');

function spawnCli(t: TestContext, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['--import', LOADER, CLI, ...args], {
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

async function runCli(t: TestContext, args: readonly string[]): Promise<Result> {
  const child = spawnCli(t, args);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
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

test('start tells its port by log and message, drains on SIGTERM, and exits 0 on the second', async (t) => {
  const child = spawnCli(t, ['start', '--name', 'CB_7', '--port', '0', '--base', '/', '--drain-time', '1h']);
  const exit = once(child, 'exit');
  const log = new LogLines(child);
  const [[message], line] = await Promise.all([once(child, 'message'), log.find('listening')]);
  assert.deepEqual(message, { type: 'listening', port: line.port });
  assert.equal(line.node, 'CB_7');
  assert.equal(line.url, `http://127.0.0.1:${line.port}`);
  const created = await fetch(`${line.url}/rest/live/sessions`, { method: 'POST' });
  assert.deepEqual(created.headers.getSetCookie(), ['gcbSessionServer=CB_7; Path=/']);

  child.kill('SIGTERM');
  await log.find('draining');
  const health = await fetch(`${line.url}/health`);
  assert.equal(health.status, 503);
  assert.equal(health.headers.get('x-cobrowse-state'), 'draining');

  child.kill('SIGTERM');
  await log.find('stopped');
  assert.deepEqual(await exit, [0, null]);
});

test('SIGINT stops it too, without a second signal', async (t) => {
  const child = spawnCli(t, ['start', '--port', '0', '--drain-time', '0s']);
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
    stderr: `cobrowse-node: cannot listen on 127.0.0.1:${port}: the port is in use; expected a free one, see --port\n`,
  });
});

test('an address of another machine is one line and exit code 1', async (t) => {
  const { code, stderr } = await runCli(t, ['start', '--host', '192.0.2.1', '--port', '0']);
  assert.equal(code, 1);
  assert.match(stderr, /^cobrowse-node: cannot listen on 192\.0\.2\.1:0: no such address here; .*\n$/);
});

describe('wrong usage is one line that says what was expected, and exit code 2', () => {
  const cases: readonly [args: readonly string[], message: RegExp][] = [
    [['start', '--port', '99999'], /--port .*'99999' is invalid.* expected a port from 0 to 65535/],
    [['start', '--allowed-origins', '*'], /--allowed-origins .* expected origins such as .* not '\*'/],
    [['start', '--base', 'x\ny'], /--base .* expected a path such as/],
    [['start', '--prt', '1'], /unknown option '--prt' .*--port/],
    [['restart'], /unknown command 'restart'/],
  ];
  for (const [args, message] of cases) {
    test(JSON.stringify(args), async (t) => {
      const { code, stdout, stderr } = await runCli(t, args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^cobrowse-node: [^\n]+\n$/);
      assert.match(stderr, message);
    });
  }
});

test('--version and --help print to stdout and exit 0', async (t) => {
  const version = await runCli(t, ['--version']);
  assert.deepEqual({ ...version, stdout: version.stdout.trim() }, { code: 0, stdout: '0.1.0', stderr: '' });
  const help = await runCli(t, ['start', '--help']);
  assert.equal(help.code, 0);
  assert.equal(help.stderr, '');
  for (const flag of ['--name', '--port', '--server-url', '--host', '--base', '--allowed-origins', '--drain-time']) {
    assert.ok(help.stdout.includes(flag), flag);
  }
});
