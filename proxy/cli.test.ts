import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { CLI, configFile, ProxyProcess, startNode } from './control/testing/proxy-process.ts';
import { VERSION } from './control/version.ts';
import { startProxy } from './testing/running-proxy.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const NODES = [{ name: 'CB_Server_1', url: 'http://10.0.0.1:8701/cobrowse' }];

async function cli(t: TestContext, ...args: string[]) {
  const process = new ProxyProcess(t, [CLI, ...args]);
  const code = await process.exited;
  return { code, stdout: process.stdout, stderr: process.stderr };
}

test('check: a valid configuration is one line and exit code 0', async (t) => {
  const file = await configFile(t, { nodes: NODES });
  const { code, stdout, stderr } = await cli(t, 'check', '--config', file);
  assert.equal(code, 0);
  assert.match(stdout, /^configuration ok: nodes CB_Server_1; listening on 127\.0\.0\.1:8700; .*\n$/);
  assert.equal(stderr, '');
});

test('check: each problem of a configuration is one line on stderr, and exit code 2', async (t) => {
  const file = await configFile(t, { nodes: NODES, listenerz: [], health: { interval: 'soon' } });
  const { code, stdout, stderr } = await cli(t, 'check', '--config', file);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  const lines = stderr.trimEnd().split('\n');
  assert.equal(lines.length, 2, stderr);
  for (const line of lines) assert.ok(line.startsWith(`${file}:1:`), line);
  assert.match(stderr, /listenerz/);
  assert.match(stderr, /health\.interval/);
});

for (const { what, args, says } of [
  { what: 'an unknown command', args: ['stop'], says: /unknown command 'stop'/ },
  { what: 'a drain of no node', args: ['drain'], says: /missing required argument 'node'/ },
  { what: 'a deadline for nothing', args: ['drain', 'a', '--deadline', '1m'], says: /needs --until-empty or --wait/ },
  { what: 'a deadline that is none', args: ['drain', 'a', '--wait', '--deadline', 'soon'], says: /such as 90s/ },
  { what: 'an address that is none', args: ['ready', 'a', '--admin', 'here'], says: /Expected a URL/ },
  { what: 'a question about nothing', args: ['explain'], says: /expected --url, --cookie or --token/ },
  { what: 'init with nobody to ask', args: ['init', '/no/such/file'], says: /at a terminal only/ },
  { what: 'a shell that is none', args: ['completion', 'cmd'], says: /bash, zsh, fish/ },
  { what: 'a token file that is not there', args: ['ready', 'a', '--token-file', '/no'], says: /\/no: cannot be read/ },
]) {
  test(`${what} is one line and exit code 2`, async (t) => {
    const { code, stderr } = await cli(t, ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, says);
    assert.match(stderr, /^cobrowse-proxy: [^\n]+\n$/);
  });
}

test('a running proxy is asked for its status, for a decision and for a session', async (t) => {
  const { url } = await startNode(t, 'the node');
  const { admin } = await startProxy(t, { workers: 1, nodes: [{ name: 'CB_Server_1', url }] });
  const ask = (...args: string[]) => cli(t, ...args, '--admin', `http://127.0.0.1:${admin}`);
  const status = await ask('status');
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /; ready\nlistening on 127\.0\.0\.1:\d+ with 1 of 1 workers\n.*\nCB_Server_1 +up /s);
  const explained = await ask('explain', '--cookie', 'CB_Server_1');
  assert.equal(explained.code, 0, explained.stderr);
  assert.match(explained.stdout, /^goes to +CB_Server_1 \(up\), and no other\n/);
  const session = await ask('sessions', '123456789');
  assert.deepEqual([session.code, session.stdout], [1, '']);
  assert.equal(session.stderr, 'cobrowse-proxy: Nothing is remembered of this session.\n');
});

test('every command has a version, and the completion knows them all', async (t) => {
  const version = await cli(t, 'drain', '--version');
  assert.deepEqual([version.code, version.stdout], [0, `${VERSION}\n`]);
  const help = await cli(t, 'drain', '--help');
  assert.match(help.stdout, /^Exit codes:\n {2}0 .*\n {2}3 {4}drain --wait: the deadline passed/ms);
  const { code, stdout } = await cli(t, 'completion', 'fish');
  assert.equal(code, 0);
  assert.match(stdout, /^complete -c cobrowse-proxy .* -a start /m);
});

test('start: a configuration that cannot be read is one line on stderr, and exit code 2', async (t) => {
  const { code, stderr } = await cli(t, 'start', '--config', '/no/such/file.yaml');
  assert.equal(code, 2);
  assert.match(stderr, /^\/no\/such\/file\.yaml: [^\n]+\n$/);
});

test('start: requests reach the node, and are counted and logged; SIGTERM ends it with 0', async (t) => {
  const node = await startNode(t, 'the node');
  const file = await configFile(t, {
    listeners: [ANY_PORT],
    admin: ANY_PORT,
    workers: 1,
    nodes: [{ name: 'CB_Server_1', url: node.url }],
  });
  const proxy = new ProxyProcess(t, [CLI, 'start', '--config', file]);
  const { listeners, admin } = await proxy.listening();
  const [listener] = listeners;
  assert.ok(listener);
  const answer = await fetch(`http://${listener.host}:${listener.port}/cobrowse/app.js?secret=1`, {
    headers: { cookie: 'gcbSessionServer=CB_Server_1' },
  });
  assert.equal(await answer.text(), 'the node');
  const metrics = await (await fetch(`http://${admin.host}:${admin.port}/metrics`)).text();
  assert.match(metrics, /^cobrowse_proxy_requests_total\{node="CB_Server_1",class="any",status="200"\} 1$/m);
  assert.match(metrics, /^cobrowse_proxy_affinity_decisions_total\{by="cookie",verdict="bound"\} 1$/m);
  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 0);
  const line: Record<string, unknown> = JSON.parse(proxy.stdout);
  assert.equal(line.path, '/cobrowse/app.js?');
  assert.equal(line.node, 'CB_Server_1');
  assert.equal(line.by, 'cookie');
});
