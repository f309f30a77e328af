import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { serveHttp } from '../pool/testing/servers.ts';
import { AdminClient, type ShownEvent, type ShownSession } from './admin-client.ts';
import { showSession } from './sessions-command.ts';

const CREATED: ShownEvent = {
  at: '2026-01-02T03:04:05.000Z',
  durationMs: 12.345,
  exchanges: 1,
  namedBy: 'token',
  class: 'create',
  created: true,
  node: 'CB_1',
  by: 'balance',
  verdict: 'free',
  conflict: false,
  attempts: 1,
  status: 200,
  tunnel: false,
  termination: 'completed',
  error: null,
};
const SESSION: ShownSession = {
  session: '3f2a',
  owner: { node: 'CB_1', knownBy: 'create', since: CREATED.at, state: 'up' },
  events: [
    CREATED,
    {
      ...CREATED,
      durationMs: null,
      exchanges: 3,
      namedBy: 'cookie',
      class: 'live',
      created: false,
      by: 'cookie',
      verdict: 'bound',
      status: 101,
      tunnel: true,
      termination: 'open',
    },
  ],
  forgotten: 2,
  incidents: [],
  silentWorkers: 1,
};

async function told(t: TestContext, status: number, body: object, json = false) {
  const asked: (string | undefined)[] = [];
  const port = await serveHttp(t, ({ url }, response) => {
    asked.push(url);
    response.writeHead(status).end(JSON.stringify(body));
  });
  const client = new AdminClient({ url: `http://127.0.0.1:${port}`, token: '' });
  t.after(() => client.close());
  const said = { out: '', errors: '' };
  const out = { write: (text: string) => (said.out += text) };
  const errors = { write: (text: string) => (said.errors += text) };
  const code = await showSession(client, '123/456', { json }, out, errors);
  return { code, asked, ...said };
}

const TEXT = `session 3f2a; owner CB_1 (up), known by create since 2026-01-02T03:04:05.000Z

AT                        TOOK   CLASS            NODE  DECIDED BY      NAMED BY  TRIES  STATUS  END
2026-01-02T03:04:05.000Z  12 ms  create, created  CB_1  balance (free)  token     1      200
2026-01-02T03:04:05.000Z         live, tunnel ×3  CB_1  cookie (bound)  cookie    1      101     open
2 more between the first and the latest are forgotten
`;

test('the story of a session, and who did not tell', async (t) => {
  const { code, asked, out, errors } = await told(t, 200, SESSION);
  assert.deepEqual([code, asked], [0, ['/sessions/123%2F456']]);
  assert.equal(out, TEXT);
  assert.match(errors, /^cobrowse-proxy: what 1 of the workers know is not shown: no answer in time\n$/);
});

test('as JSON it is what the admin listener answers', async (t) => {
  const { out } = await told(t, 200, { ...SESSION, silentWorkers: 0 }, true);
  assert.equal(JSON.parse(out).session, '3f2a');
});

test('a session that nobody remembers is one line and exit code 1', async (t) => {
  const { code, out, errors } = await told(t, 404, { error: { message: 'Nothing is remembered.' } });
  assert.deepEqual([code, out, errors], [1, '', 'cobrowse-proxy: Nothing is remembered.\n']);
});
