/** The companion of the stickiness cookie: when it is added to an answer, and what it makes of the next request. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { TestPlane } from '../testing/data-plane.ts';
import { clientFor, nodeFor, planeBefore } from '../testing/for-test.ts';
import { ask, type HttpAnswer, refusalCode } from '../testing/http-client.ts';
import { answering } from '../testing/raw-node.ts';

const SESSIONS = '/cobrowse/rest/live/sessions';
const LIVE = '/cobrowse/cometd';
const STICKY = 'gcbSessionServer=CB_1';
const INSTANCE = 'X-Cobrowse-Instance: i-1';
const TOKEN = '123456789';
const UPGRADE = `GET ${LIVE} HTTP/1.1\r\nHost: proxy.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;

const answerOf = (...lines: string[]): string =>
  `${['HTTP/1.1 200 OK', 'Content-Length: 2', ...lines].join('\r\n')}\r\n\r\n{}`;

/** A plane before a node that answers everything like this. */
async function planeSaying(t: TestContext, ...lines: string[]): Promise<TestPlane> {
  const node = await nodeFor(t, answering(answerOf(...lines)));
  const plane = await planeBefore(t, node, { base: '/cobrowse', affinity: { lookup: { missTtl: '1h' } } });
  plane.change('CB_1', { instanceId: 'i-1', instanceSince: 1000 });
  return plane;
}

const create = ({ port }: TestPlane, cookie = ''): Promise<HttpAnswer> =>
  ask(port, { method: 'POST', path: SESSIONS, headers: { cookie } });
const poll = ({ port }: TestPlane, cookie: string, headers = {}): Promise<HttpAnswer> =>
  ask(port, { method: 'POST', path: LIVE, headers: { cookie, ...headers } });

const setCookies = ({ headers }: HttpAnswer): readonly string[] => headers['set-cookie'] ?? [];

function companionIn(answer: HttpAnswer): string | undefined {
  return setCookies(answer).find((line) => line.startsWith('gcbSessionServerInstance='));
}

/** As a client sends it back. */
const pairOf = (setCookie: string | undefined): string => setCookie?.split(';')[0] ?? '';

const companion = (instance: string, ms: number, session = ''): string =>
  `gcbSessionServerInstance=CB_1~${instance}~${ms.toString(36)}~${session}`;

describe('an answer that binds to a node', () => {
  it('gets a companion with instance, time and session, and the attributes of the cookie', async (t) => {
    const attributes =
      '; Path=/; Secure; SameSite=None; Partitioned; Max-Age=60; Expires=Thu, 01 Jan 2099 00:00:00 GMT';
    const plane = await planeSaying(t, INSTANCE, `X-Cobrowse-Session: ${TOKEN}`, `Set-Cookie: ${STICKY}${attributes}`);
    const before = Date.now();
    const answer = await create(plane);
    assert.equal(setCookies(answer).length, 2);
    assert.equal(setCookies(answer)[0], `${STICKY}${attributes}`);
    const [value = '', ...rest] = (companionIn(answer) ?? '').split('; ');
    assert.equal(`; ${rest.join('; ')}`, attributes);
    const [node, instance, time = '', session] = value.slice('gcbSessionServerInstance='.length).split('~');
    assert.deepEqual([node, instance, session], ['CB_1', 'i-1', plane.aliases.of(TOKEN)]);
    const ms = Number.parseInt(time, 36);
    assert.ok(before <= ms && ms <= Date.now());
    assert.equal(answer.body, '{}');
    assert.ok(!('x-cobrowse-session' in answer.headers) && !JSON.stringify(answer.headers).includes(TOKEN));
  });

  for (const [attributes, kept] of [
    ['', ''],
    ['; Path=/cobrowse; Domain=example.com', ''],
    ['; Secure; domain=.example.com; HttpOnly; PATH=/x; SameSite=None', '; Secure; HttpOnly; SameSite=None'],
    [';Domain =a.example;\tPath\t= /x ; Max-Age=60;', '; Max-Age=60;'],
    ['; Path; Domain; Secure', '; Secure'],
    ['; Pathology=1; Domains=2; X=Path=/x', '; Pathology=1; Domains=2; X=Path=/x'],
  ] as const) {
    it(`gets one for the host and all paths, whatever is said of the cookie: ${JSON.stringify(attributes)}`, async (t) => {
      const answer = await create(await planeSaying(t, INSTANCE, `Set-Cookie: ${STICKY}${attributes}`));
      const companion = companionIn(answer) ?? '';
      assert.equal(companion.slice(companion.indexOf(';')), `; Path=/${kept}`);
    });
  }

  for (const [what, lines] of [
    ['a node that does not say which process it is', [`Set-Cookie: ${STICKY}`]],
    ['no cookie', [INSTANCE]],
    ['another cookie', [INSTANCE, 'Set-Cookie: JSESSIONID=1']],
    ['the cookie of another node', [INSTANCE, 'Set-Cookie: gcbSessionServer=CB_2']],
    ['a cookie that is taken back', [INSTANCE, 'Set-Cookie: gcbSessionServer=; Max-Age=0']],
    ['an instance that is no token', ['X-Cobrowse-Instance: i 1; x', `Set-Cookie: ${STICKY}`]],
    ['an instance that would end the value', ['X-Cobrowse-Instance: i~1', `Set-Cookie: ${STICKY}`]],
    ['two instances', [INSTANCE, INSTANCE, `Set-Cookie: ${STICKY}`]],
  ] as const) {
    it(`gets none from ${what}`, async (t) => {
      const answer = await create(await planeSaying(t, ...lines));
      assert.equal(answer.status, 200);
      assert.equal(companionIn(answer), undefined);
    });
  }

  for (const [what, head, body] of [
    ['chunked', 'Transfer-Encoding: chunked', '2\r\n{}\r\n0\r\n\r\n'],
    ['ended by closing', 'Connection: close', '{}'],
  ] as const) {
    it(`gets one when it is ${what}`, async (t) => {
      const lines = ['HTTP/1.1 200 OK', head, INSTANCE, `Set-Cookie: ${STICKY}`];
      const answerOnce = answering(`${lines.join('\r\n')}\r\n\r\n${body}`);
      const node = await nodeFor(t, (connection) => {
        answerOnce(connection);
        if (what === 'ended by closing') connection.socket.end();
      });
      const answer = await create(await planeBefore(t, node, { base: '/cobrowse' }));
      assert.equal(answer.body, '{}');
      assert.equal(setCookies(answer).length, 2);
    });
  }

  it('has the name of the cookie that is configured', async (t) => {
    const node = await nodeFor(t, answering(answerOf(INSTANCE, 'Set-Cookie: route=CB_1')));
    const plane = await planeBefore(t, node, { base: '/cobrowse', affinity: { cookie: 'route' } });
    assert.match(setCookies(await create(plane))[1] ?? '', /^routeInstance=CB_1~i-1~[0-9a-z]+~; Path=\/$/);
  });

  it('keeps the session that the client came with, unless that was of another process', async (t) => {
    const plane = await planeSaying(t, INSTANCE, `Set-Cookie: ${STICKY}`);
    const session = plane.aliases.of(TOKEN);
    const kept = companionIn(await poll(plane, `${STICKY}; ${companion('i-1', 2000, session)}`));
    assert.ok(pairOf(kept).endsWith(`~${session}`), kept);
    const started = companionIn(await create(plane, `${STICKY}; ${companion('i-0', 2, session)}`));
    assert.ok(pairOf(started).endsWith('~'), started);
  });

  it('may be the answer to an upgrade', async (t) => {
    const node = await nodeFor(
      t,
      answering(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${INSTANCE}\r\nSet-Cookie: ${STICKY}; Path=/\r\n\r\n`,
      ),
    );
    const plane = await planeBefore(t, node, { base: '/cobrowse' });
    plane.change('CB_1', { instanceId: 'i-1', instanceSince: 1 });
    const session = plane.aliases.of(TOKEN);
    const client = await clientFor(t, plane);
    client.send(`${UPGRADE}Cookie: ${STICKY}; ${companion('i-1', 2000, session)}\r\n\r\n`);
    const head = await client.until('\r\n\r\n');
    assert.match(head, new RegExp(`Set-Cookie: gcbSessionServerInstance=CB_1~i-1~[0-9a-z]+~${session}; Path=/\r\n`));
    // The timeline hears of the tunnel when it opens, and when it has ended.
    const [opened] = plane.opened;
    assert.deepEqual([opened?.reference, opened?.class, opened?.status], [session, 'live', 101]);
    plane.change('CB_1', { state: 'down' });
    const ended = await plane.recorded((record) => record.tunnel);
    assert.deepEqual([ended.reference, ended.termination], [session, 'node-ejected']);
    assert.equal(plane.timeline.at(-1), ended);
  });

  it('of the live channel names its session to the timeline', async (t) => {
    const plane = await planeSaying(t, INSTANCE, `X-Cobrowse-Session: ${TOKEN}`, `Set-Cookie: ${STICKY}`);
    await poll(plane, STICKY);
    const record = await plane.recorded();
    assert.deepEqual([record.class, record.token, record.created], ['live', TOKEN, '']);
  });
});

describe('a session that is found on its owner', () => {
  it('replaces a companion of a process that is gone, and no other', async (t) => {
    const body = `{"sessionToken":"${TOKEN}","sessionServerName":"CB_1"}`;
    const node = await nodeFor(
      t,
      answering(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${INSTANCE}\r\n\r\n${body}`),
    );
    const plane = await planeBefore(t, node, { base: '/cobrowse' });
    plane.change('CB_1', { instanceId: 'i-1', instanceSince: 1000 });
    const find = (cookie: string): Promise<HttpAnswer> =>
      ask(plane.port, { path: `${SESSIONS}/${TOKEN}`, headers: { cookie } });
    const replaced = pairOf(companionIn(await find(companion('i-0', 10))));
    assert.match(replaced, new RegExp(`=CB_1~i-1~[0-9a-z]+~${plane.aliases.of(TOKEN)}$`));
    assert.equal(companionIn(await find(companion('i-1', 2000))), undefined);
    assert.equal(companionIn(await find('')), undefined);
    assert.equal((await poll(plane, `${STICKY}; ${replaced}`)).status, 200);
  });
});

describe('a client of a process that is gone', () => {
  it('is told that its session is lost, with both cookies expired, and can begin anew', async (t) => {
    const plane = await planeSaying(t, INSTANCE, `X-Cobrowse-Session: ${TOKEN}`, `Set-Cookie: ${STICKY}; Path=/`);
    const [sticky, instance] = setCookies(await create(plane)).map(pairOf);
    const cookie = `${sticky}; ${instance}`;
    assert.equal((await poll(plane, cookie)).status, 200);

    plane.change('CB_1', { instanceId: 'i-2', instanceSince: Date.now() + 1 });
    const origin = 'https://www.example.com';
    const lost = await poll(plane, cookie, { origin });
    assert.deepEqual([lost.status, refusalCode(lost)], [503, 'session_lost']);
    assert.deepEqual(
      [...new Set(setCookies(lost).map((line) => line.split(';').slice(0, 3).join(';')))],
      ['gcbSessionServer=; Path=/; Max-Age=0', 'gcbSessionServerInstance=; Path=/; Max-Age=0'],
    );
    assert.equal(lost.headers['access-control-allow-origin'], origin);
    assert.equal(lost.headers['access-control-allow-credentials'], 'true');
    const client = await clientFor(t, plane);
    client.send(`${UPGRADE}Cookie: ${cookie}\r\n\r\n`);
    assert.match(await client.until('session_lost'), /^HTTP\/1\.1 503 /);

    const told = await plane.recorded((record) => record.error === 'session_lost');
    assert.deepEqual([told.by, told.verdict, told.reference], ['cookie', 'lost', plane.aliases.of(TOKEN)]);
    assert.equal((await create(plane, cookie)).status, 200);
    assert.equal((await poll(plane, '')).status, 200);
  });

  it('is one that was bound before, not one that this proxy is behind of', async (t) => {
    const plane = await planeSaying(t, INSTANCE);
    plane.change('CB_1', { instanceId: 'i-1', instanceSince: 5000 });
    assert.equal((await poll(plane, `${STICKY}; ${companion('i-2', 5001)}`)).status, 200);
    assert.equal(refusalCode(await poll(plane, `${STICKY}; ${companion('i-0', 4999)}`)), 'session_lost');
  });

  for (const [what, value] of [
    ['nothing', ''],
    ['bad grammar', 'CB_1~i-0~!~'],
    ['more than any', `CB_1~${'i'.repeat(5000)}~1~`],
    ['another node', 'CB_2~i-0~1~'],
    ['quotes', '"CB_1~i-0~1~"'],
    ['percent-encoding', 'CB_1%7Ei-0%7E1%7E'],
  ] as const) {
    it(`is none whose companion has ${what}: bound as ever`, async (t) => {
      const plane = await planeSaying(t, INSTANCE);
      assert.equal((await poll(plane, `gcbSessionServerInstance=${value}; ${STICKY}`)).status, 200);
      const record = await plane.recorded();
      assert.deepEqual([record.verdict, record.reference], ['bound', '']);
    });
  }

  it('has several companions: the newest counts', async (t) => {
    const plane = await planeSaying(t, INSTANCE);
    const cookies = [companion('i-0', 10), companion('i-1', 20), companion('i-0', 15)].join('; ');
    assert.equal((await poll(plane, `${STICKY}; ${cookies}`)).status, 200);
  });
});

describe('a refusal', () => {
  it('grants no origin when the head was refused', async (t) => {
    const plane = await planeSaying(t);
    const client = await clientFor(t, plane);
    client.send('GET / HTTP/1.1\r\nOrigin: https://www.example.com\r\n\r\n');
    assert.doesNotMatch(await client.untilEnd(), /access-control/i);
  });

  it('grants none to two origins', async (t) => {
    const plane = await planeSaying(t);
    plane.change('CB_1', { state: 'down', since: 0 });
    const client = await clientFor(t, plane);
    const origins = 'Origin: https://a.example\r\nOrigin: https://b.example\r\n';
    client.send(`GET /cobrowse/x HTTP/1.1\r\nHost: a\r\n${origins}Connection: close\r\n\r\n`);
    const answer = await client.untilEnd();
    assert.match(answer, /^HTTP\/1\.1 503 /);
    assert.doesNotMatch(answer, /access-control/i);
  });
});
