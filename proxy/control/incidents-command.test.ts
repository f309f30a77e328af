import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Incident } from '../observe/incident.ts';
import { serveHttp } from '../pool/testing/servers.ts';
import { AdminClient } from './admin-client.ts';
import { showIncidents } from './incidents-command.ts';
import { incidentAnswer } from './report-answers.ts';

const over: Incident = {
  id: 2,
  kind: 'ejection',
  node: 'CB_Server_1',
  cause: 'refused',
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  detectionMs: 55,
  recoveredAt: Date.UTC(2026, 0, 2, 3, 4, 36),
  durationMs: 31_000,
  sessions: 12,
  sessionsLost: 12,
  requestsFailed: 3,
  requestsRetried: 40,
  tunnelsClosed: 9,
};
const lasting: Incident = {
  ...over,
  id: 3,
  kind: 'all-down',
  node: '',
  cause: 'all-down',
  detectionMs: undefined,
  recoveredAt: undefined,
  durationMs: undefined,
  sessions: undefined,
  sessionsLost: 0,
};

const TABLE = `ID  BEGAN                     WHAT         CAUSE     FOUND  LASTED   LOST  FAILED  RETRIED  TUNNELS
3   2026-01-02T03:04:05.000Z  all-down     all-down         ongoing  0     3       40       9
2   2026-01-02T03:04:05.000Z  CB_Server_1  refused   55 ms  31 s     12    3       40       9
`;

async function shownOf(t: TestContext, url: string, json = false) {
  const client = new AdminClient({ url, token: '' });
  t.after(() => client.close());
  const said = { out: '', errors: '' };
  const out = { write: (text: string) => (said.out += text) };
  const errors = { write: (text: string) => (said.errors += text) };
  const code = await showIncidents(client, { json }, out, errors);
  return { code, ...said };
}

async function shown(t: TestContext, body: string, json = false) {
  const port = await serveHttp(t, (_, response) => response.end(body));
  return shownOf(t, `http://127.0.0.1:${port}`, json);
}

test('a table, the newest first', async (t) => {
  const body = JSON.stringify({ incidents: [lasting, over].map(incidentAnswer) });
  assert.deepEqual(await shown(t, body), { code: 0, out: TABLE, errors: '' });
});

test('JSON as the admin listener gives it', async (t) => {
  const body = `${JSON.stringify({ incidents: [incidentAnswer(over)] })}\n`;
  const { code, out } = await shown(t, body, true);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out).incidents[0], {
    id: 2,
    kind: 'ejection',
    node: 'CB_Server_1',
    cause: 'refused',
    startedAt: '2026-01-02T03:04:05.000Z',
    detectionMs: 55,
    recoveredAt: '2026-01-02T03:04:36.000Z',
    durationMs: 31_000,
    sessions: 12,
    sessionsLost: 12,
    requestsFailed: 3,
    requestsRetried: 40,
    tunnelsClosed: 9,
  });
});

test('nothing has happened', async (t) => {
  assert.deepEqual(await shown(t, '{"incidents":[]}'), { code: 0, out: 'no incidents\n', errors: '' });
});

test('another server, or none, is one line and exit code 1', async (t) => {
  const other = await shown(t, '<html>');
  assert.equal(other.code, 1);
  assert.match(other.errors, /^cobrowse-proxy: http:\S+ does not answer as the admin listener of a proxy does\n$/);
  const none = await shownOf(t, 'http://127.0.0.1:1');
  assert.deepEqual([none.code, none.out], [1, '']);
  assert.match(none.errors, /^cobrowse-proxy: http:\/\/127\.0\.0\.1:1 cannot be reached: ECONNREFUSED\n$/);
});
