/** What the whole proxy says of itself holds no secret, no session's token, and no line that somebody else has made. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { CLI, configFile, ProxyProcess } from './control/testing/proxy-process.ts';
import { ask } from './testing/http-client.ts';
import { exchangeRaw } from './testing/raw-client.ts';

const OPERATE = 'operate-token-of-this-test';
const READ = 'read-token-of-this-test';
const GUESS = 'guess-of-this-test';
const KEY = 'key-that-signs-the-cookie-of-this-test';
const SESSION = '424242421';
const USER = 'q-user_token.of-this-test';
const SECRETS = [OPERATE, READ, GUESS, KEY, SESSION, USER];

/** A node of one session, which it names where it can. */
async function startNode(t: TestContext): Promise<number> {
  const server = createServer((_, response) => {
    response.setHeader('X-Cobrowse-Instance', 'i-1').setHeader('X-Cobrowse-Session', SESSION);
    response.setHeader('Set-Cookie', 'gcbSessionServer=a; Path=/');
    response.end(JSON.stringify({ sessionToken: SESSION, sessionServerName: 'a' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

function head(line: string, ...fields: readonly string[]): string {
  return [line, 'Host: a.example', ...fields, 'Connection: close', '', ''].join('\r\n');
}

const SESSIONS = '/cobrowse/rest/live/sessions';
const FORGED = '"}\\n{"log":"access","status":299}\\u2028\xe2\x80\xa8\xc2\x9b2J\x9b';
const REQUESTS = [
  head(`POST ${SESSIONS} HTTP/1.1`, 'Content-Length: 0'),
  head(`GET ${SESSIONS}/${SESSION} HTTP/1.1`),
  head(`GET ${SESSIONS}/${SESSION}?token=${SESSION} HTTP/1.1`, `Referer: https://a.example/${SESSION}`),
  head(`GET ${SESSIONS}/42424242%31 HTTP/1.1`),
  head(`GET ${SESSIONS}//${SESSION}/ HTTP/1.1`),
  head(`GET https://a.example${SESSIONS}/${SESSION} HTTP/1.1`),
  head(`OPTIONS ${SESSIONS}/${SESSION} HTTP/1.1`, 'Origin: https://agent.example'),
  head(`DELETE ${SESSIONS}/${SESSION}/more HTTP/1.1`),
  head(`POST ${SESSIONS}/${SESSION} HTTP/1.1`, 'Content-Length: 99999999999'),
  head(`POST ${SESSIONS}/${SESSION} HTTP/1.1`, 'Transfer-Encoding: chunked').replace(/$/, 'no chunk\r\n'),
  `GET ${SESSIONS}/${SESSION} HTTP/1.1\r\n\r\n`,
  head(`GET /cobrowse/rest/live/users/${USER}/session/stop HTTP/1.1`),
  head(`PUT /cobrowse/rest/live/users/${USER}/session/stop HTTP/1.1`, 'Content-Length: 0'),
  head('GET /cobrowse/cometd HTTP/1.1', `Cookie: gcbSessionServer=a; token=${SESSION}`),
  head(`GET /cobrowse/${FORGED} HTTP/1.1`, `User-Agent: ${FORGED}`, `Referer: ${FORGED}`),
  head('GET /cobrowse/x HTTP/1.1', `X-Request-Id: ${FORGED}`),
  head('GET /cobrowse/x HTTP/1.1', `X-Forwarded-For: ${FORGED}`),
  head('GET /cobrowse/\r\n{"log":"access"} HTTP/1.1'),
  head('GE"T /cobrowse/x HTTP/1.1'),
];

test('secrets and tokens are in no log, answer, message or command line, and no request makes a line', async (t) => {
  const port = await startNode(t);
  const tokenFile = await configFile(t, `${OPERATE}\n`);
  const config = {
    listeners: [{ port: 0 }, { port: 0, redirectToHttps: 443 }],
    admin: { port: 0, tokenFile },
    workers: 1,
    forwarding: { trustedProxies: ['127.0.0.1'] },
    log: { level: 'trace' },
    nodes: [{ name: 'a', url: `http://127.0.0.1:${port}/cobrowse` }],
  };
  const file = await configFile(t, config);
  const environment = {
    ...process.env,
    COBROWSE_PROXY_ADMIN_READ_TOKEN: READ,
    COBROWSE_PROXY_AFFINITY_SIGNATURE_KEYS: `[${KEY}]`,
  };
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = environment) =>
    new ProxyProcess(t, [CLI, ...args], { env });
  const proxy = run(['start', '--config', file]);
  const { listeners, admin } = await proxy.listening();
  const [traffic, redirecting] = listeners;
  assert.ok(traffic && redirecting);
  const answers: string[] = [];
  const askAdmin = async (path: string, token: string, method = 'GET'): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await ask(admin.port, { method, path, headers });
    answers.push(JSON.stringify(answer));
    return answer.status;
  };

  for (const request of REQUESTS) await exchangeRaw(traffic.port, request);
  await exchangeRaw(redirecting.port, head(`GET ${SESSIONS}/${SESSION} HTTP/1.1`));
  for (const path of ['/status', '/metrics', '/incidents', '/nodes/a', `/sessions/${SESSION}`, `/sessions/${USER}`]) {
    assert.equal(await askAdmin(path, READ), 200, path);
    assert.equal(await askAdmin(path, GUESS), 401, path);
  }
  assert.equal(await askAdmin('/nodes/a/drain', READ, 'POST'), 403);
  assert.equal(await askAdmin('/nodes/a/drain', OPERATE, 'POST'), 200);
  const pids = [proxy.child.pid, ...JSON.parse((await ask(admin.port, bearer('/status'))).body).workers.map(pidOf)];
  await writeFile(file, JSON.stringify({ ...config, admin: { port: 0, token: `${GUESS} !` } }));
  assert.equal(await askAdmin('/reload', OPERATE, 'POST'), 422);

  const url = ['--admin', `http://127.0.0.1:${admin.port}`];
  const guessFile = await configFile(t, GUESS);
  const { COBROWSE_PROXY_ADMIN_READ_TOKEN: _, ...without } = environment;
  for (const [command, code] of [
    [run(['check', '--config', file]), 2],
    [run(['ready', 'a', '--token-file', tokenFile, ...url]), 0],
    [run(['ready', 'a', '--token-file', guessFile, ...url]), 1],
    [run(['ready', 'a', ...url]), 1],
    [run(['incidents', ...url]), 0],
    [run(['incidents', ...url], without), 1],
    [run(['incidents', ...url], { ...without, COBROWSE_PROXY_ADMIN_TOKEN: OPERATE }), 0],
  ] as const) {
    assert.equal(await command.exited, code, command.stderr);
    answers.push(command.stdout, command.stderr);
  }

  const processes = pids.flatMap((pid, index) => [
    procFile(pid, 'cmdline'),
    // The anchor's is what the operator gave it.
    index === 0 ? '' : procFile(pid, 'environ'),
  ]);
  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 0);
  const said = [proxy.stdout, proxy.stderr, ...answers, ...processes].join('\n');
  for (const secret of SECRETS) assert.equal(said.includes(secret), false, contextOf(said, secret));
  for (const line of `${proxy.stdout}${proxy.stderr}`.trimEnd().split('\n')) {
    assert.match(line, /^[\x20-\x7e]+$/);
    assert.doesNotThrow(() => JSON.parse(line), line);
  }
  assert.match(proxy.stderr, /the admin listener refused a request/);
  assert.match(proxy.stderr, /configuration not taken: .*admin\.token: expected tokens/);
  assert.equal(proxy.stdout.trimEnd().split('\n').length, REQUESTS.length + 1, 'a line for each request');
  assert.ok(!(await readFile(file, 'utf8')).includes(OPERATE));
});

function bearer(path: string) {
  return { path, headers: { authorization: `Bearer ${READ}` } };
}

function pidOf({ pid }: { readonly pid: number }): number {
  return pid;
}

/** '' where there is no such file, as on other systems than Linux. */
function procFile(pid: number | undefined, name: string): string {
  const path = `/proc/${pid}/${name}`;
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function contextOf(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return at < 0 ? '' : text.slice(Math.max(0, at - 200), at + 200);
}
