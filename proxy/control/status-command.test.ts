import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { serveHttp } from '../pool/testing/servers.ts';
import { AdminClient, type ShownNode, type ShownStatus } from './admin-client.ts';
import { Screen } from './screen.ts';
import { showStatus, statusText } from './status-command.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const NODE: ShownNode = {
  name: 'CB_Server_1',
  state: 'up',
  since: '2026-01-02T03:03:05.000Z',
  sessions: 12,
  capacity: 100,
  operator: { state: 'ready' },
  connections: 4,
  tunnels: 3,
  requests: 512,
  ejected: null,
  tlsFailure: null,
  withdrawn: null,
};
const STATUS: ShownStatus = {
  version: '1.2.3',
  pid: 42,
  uptimeSeconds: 7200,
  readiness: { ready: true },
  listeners: [{ host: '127.0.0.1', port: 8700 }],
  workers: [
    { listeningSince: '2026-01-02T01:04:05.000Z', retiring: false },
    { listeningSince: null, retiring: false },
  ],
  traffic: { clientConnections: 9, inFlight: 2, tunnels: 3, requests: 1024 },
  nodes: [
    NODE,
    {
      ...NODE,
      name: 'CB_2',
      state: 'draining',
      sessions: null,
      capacity: null,
      operator: { state: 'draining', deadline: '2026-01-02T04:00:00.000Z', remaining: 4, drained: false },
    },
    { ...NODE, name: 'CB_3', state: 'down', ejected: 'hung', tlsFailure: 'expired' },
    { ...NODE, name: 'CB_4', state: 'draining', withdrawn: '2026-01-02T03:03:05.000Z' },
  ],
  sources: [
    { source: 'SRV a.example', nodes: 1, succeededAt: '2026-01-02T03:04:00.000Z', failing: null },
    { source: 'A b.example port 8700', nodes: 3, succeededAt: '2026-01-02T03:04:00.000Z', failing: 'no answer' },
  ],
};

const TEXT = `cobrowse-proxy 1.2.3, pid 42, up for 2 h; ready
listening on 127.0.0.1:8700 with 1 of 2 workers
9 connections, 2 requests under way, 3 tunnels; 1024 requests so far
SRV a.example: 1 node
A b.example port 8700: 3 nodes as of 2026-01-02T03:04:00.000Z; no answer

NODE         STATE     FOR   SESSIONS  CONNECTIONS  TUNNELS  REQUESTS  NOTE
CB_Server_1  up        60 s  12/100    4            3        512
CB_2         draining  60 s            4            3        512       draining by an operator: 4 connections left, until 2026-01-02T04:00:00.000Z
CB_3         down      60 s  12/100    4            3        512       ejected: hung; TLS: expired
CB_4         draining  60 s  12/100    4            3        512       found no more since 2026-01-02T03:03:05.000Z`;

test('the proxy and its nodes at a glance', () => {
  assert.equal(
    statusText(STATUS, NOW, (_, text) => text),
    TEXT,
  );
  const unready = statusText({ ...STATUS, readiness: { ready: false, reason: 'no_node' } }, NOW, (_, text) => text);
  assert.match(unready, /up for 2 h; not ready: no_node\n/);
});

/** An admin listener that answers this often with a status, then refuses. */
async function shown(t: TestContext, times: number, { json = false, watch = true, isTTY = false } = {}) {
  let asked = 0;
  const port = await serveHttp(t, (_, response) => {
    if (asked++ < times) response.end(JSON.stringify(STATUS));
    else response.writeHead(401).end('{"error":{"message":"No."}}');
  });
  const client = new AdminClient({ url: `http://127.0.0.1:${port}`, token: '' });
  t.after(() => client.close());
  const said = { out: '', errors: '' };
  const out = { isTTY, write: (text: string) => (said.out += text) };
  const errors = { write: (text: string) => (said.errors += text) };
  const screen = isTTY ? new Screen(out) : undefined;
  const watching = { lookIntervalMs: 1, ...(screen && { screen }) };
  return { code: await showStatus(client, { json, watch }, out, errors, watching), ...said };
}

test('where lines do not wrap, a long name keeps its ends', () => {
  const name = `cobrowse-node-${'x'.repeat(60)}-7f9c4`;
  const status = { ...STATUS, nodes: [{ ...NODE, name }] };
  const row = statusText(status, NOW, (_, text) => text, 32)
    .split('\n')
    .at(-1);
  assert.match(row ?? '', /^cobrowse-node-x…xxxxxxxxx-7f9c4 +up /);
});

test('once it is one look and exit code 0', async (t) => {
  const { code, out, errors } = await shown(t, 1, { watch: false });
  assert.deepEqual([code, errors], [0, '']);
  assert.match(out, /^cobrowse-proxy 1\.2\.3.*\nCB_4 .*\n$/s);
});

test('watched it is looked at again until the proxy refuses, as lines of JSON on demand', async (t) => {
  const { code, out, errors } = await shown(t, 3, { json: true });
  assert.deepEqual([code, errors], [1, 'cobrowse-proxy: No.\n']);
  const lines = out.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).pid),
    [42, 42, 42],
  );
});

test('watched on a terminal, each look takes the place of the last', async (t) => {
  const { out, errors } = await shown(t, 2, { isTTY: true });
  assert.equal(out.split('\u001b[H').length, 3);
  const left = out.slice(out.lastIndexOf('\u001b') + 1);
  assert.match(left, /^\[\?1049lcobrowse-proxy 1\.2\.3.*\n$/s, 'what was seen last stays');
  assert.equal(errors, 'cobrowse-proxy: No.\n');
});

test('watched on a terminal, a proxy that is away is waited for, and what is shown is said to be old', async (t) => {
  let asked = 0;
  const port = await serveHttp(t, (_, response) => {
    asked++;
    if (asked === 2) response.destroy();
    else if (asked < 4) response.end(JSON.stringify(STATUS));
    else response.writeHead(401).end('{"error":{"message":"No."}}');
  });
  const client = new AdminClient({ url: `http://127.0.0.1:${port}`, token: '' });
  t.after(() => client.close());
  const frames: string[] = [];
  const screen = new Screen({ write: (text) => frames.push(text) });
  const quiet = { write: () => {} };
  await showStatus(client, { json: false, watch: true }, quiet, quiet, { screen, lookIntervalMs: 1 });
  assert.match(frames[2] ?? '', /cannot be reached: .*; this is of \d+ ms ago\r\n.*cobrowse-proxy 1\.2\.3/);
  assert.doesNotMatch(frames[3] ?? '', /ago/);
});

test('a node in maintenance is not called down', () => {
  const operator = { state: 'maintenance', deadline: null, remaining: 0, drained: true } as const;
  const [node] = STATUS.nodes;
  assert.ok(node);
  const text = statusText({ ...STATUS, nodes: [{ ...node, state: 'down', operator }] }, NOW, (_, plain) => plain);
  assert.match(text, /CB_Server_1 +maintenance /);
});

test('watched, a proxy that was never there is told at once', async () => {
  const client = new AdminClient({ url: 'http://127.0.0.1:1', token: '' });
  const quiet = { write: () => {} };
  assert.equal(await showStatus(client, { json: false, watch: true }, quiet, quiet, { lookIntervalMs: 1 }), 1);
  await client.close();
});
