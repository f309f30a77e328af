/** The stickiness cookie where the configuration changes it: what clients get, and what nodes do. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import type { TestPlane } from '../testing/data-plane.ts';
import { clientFor, nodeFor, planeFor } from '../testing/for-test.ts';
import { ask } from '../testing/http-client.ts';
import { answering, type RawNode } from '../testing/raw-node.ts';

const STICKY = 'gcbSessionServer=CB_1';
const FORCED = '; Secure; SameSite=None; Partitioned';
const CROSS_SITE = { secure: true, sameSite: 'None', partitioned: true };
const [NEW, OLD] = ['n'.repeat(32), 'o'.repeat(32)] as const;

const signed = (name: string, key: string): string =>
  `${name}~${createHmac('sha256', key).update(name).digest('base64url')}`;

/** Two nodes that say these lines to everything. */
async function setUp(t: TestContext, affinity: object, ...lines: string[]) {
  const answer = `${['HTTP/1.1 200 OK', 'Content-Length: 2', ...lines].join('\r\n')}\r\n\r\n{}`;
  const nodes = [await nodeFor(t, answering(answer)), await nodeFor(t, answering(answer))] as const;
  const named = nodes.map(({ port }, index) => ({ name: `CB_${index + 1}`, port }));
  const plane = await planeFor(t, named, { balance: 'round-robin', affinity });
  return { plane, nodes };
}

async function get(plane: TestPlane, cookie = '', path = '/'): Promise<readonly string[]> {
  const { headers } = await ask(plane.port, { path, headers: { cookie } });
  return headers['set-cookie'] ?? [];
}

/** Of all requests, in order. */
const cookiesAt = ({ received }: RawNode): readonly string[] => received.match(/^cookie: .*(?=\r)/gim) ?? [];

describe('the attributes that are forced', () => {
  it('are put on the stickiness cookie, and on no other', async (t) => {
    const { plane } = await setUp(
      t,
      { attributes: CROSS_SITE },
      'Set-Cookie: BAYEUX_BROWSER=x; HttpOnly',
      `Set-Cookie:   ${STICKY}; Path=/; samesite=lax`,
      'set-cookie: xgcbSessionServer=CB_1',
      'Set-Cookie: gcbSessionServer2=CB_1',
      'SET-COOKIE: gcbSessionServer=; Max-Age=0; Path=/',
      'X-Set-Cookie: gcbSessionServer=CB_1',
    );
    assert.deepEqual(await get(plane), [
      'BAYEUX_BROWSER=x; HttpOnly',
      'xgcbSessionServer=CB_1',
      'gcbSessionServer2=CB_1',
      `${STICKY}; Path=/${FORCED}`,
      `gcbSessionServer=; Max-Age=0; Path=/${FORCED}`,
    ]);
    assert.equal((await ask(plane.port)).headers['x-set-cookie'], STICKY);
  });

  it('are put on the answer that opens a WebSocket, and on the companion', async (t) => {
    const node = await nodeFor(t, ({ socket }) =>
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Cobrowse-Instance: i-1\r\nSet-Cookie: ${STICKY}\r\n\r\n`,
      ),
    );
    const plane = await planeFor(t, [{ name: 'CB_1', port: node.port }], {
      affinity: { attributes: { ...CROSS_SITE, path: '/x', domain: 'a.example' } },
    });
    const client = await clientFor(t, plane);
    client.send(
      'GET /cometd HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const head = await client.until('\r\n\r\n');
    assert.deepEqual(
      head.match(/^Set-Cookie: .*(?=\r)/gm)?.map((line) => line.replace(/~[a-z0-9]+~;/, '~TIME~;')),
      [
        `Set-Cookie: ${STICKY}; Path=/x; Domain=a.example${FORCED}`,
        `Set-Cookie: gcbSessionServerInstance=CB_1~i-1~TIME~; Path=/${FORCED}`,
      ],
    );
  });

  it('are those under which a lost session has its cookie expired, besides those of an agent', async (t) => {
    const { plane } = await setUp(t, { attributes: { path: '/cobrowse', domain: 'a.example' }, reconnectGrace: '0ms' });
    plane.change('CB_1', { state: 'down', since: 1 });
    const gone = 'Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT';
    assert.deepEqual(
      await get(plane, STICKY, '/cometd'),
      [
        'gcbSessionServer=; Path=/',
        'gcbSessionServerInstance=; Path=/',
        'gcbSessionServer=; Path=/cobrowse; Domain=a.example',
      ].flatMap((cookie) => ['', '; Secure; SameSite=None', FORCED].map((rest) => `${cookie}; ${gone}${rest}`)),
    );
  });

  it('leave an answer without the cookie as it was', async (t) => {
    const { plane } = await setUp(t, { attributes: CROSS_SITE }, 'Set-Cookie: a=b');
    assert.deepEqual(await get(plane), ['a=b']);
  });
});

describe('a stickiness cookie that is signed', () => {
  it('goes to clients with its signature, and to nodes without', async (t) => {
    const { plane, nodes } = await setUp(t, { signature: { keys: [NEW] } }, `Set-Cookie: ${STICKY}; Path=/`);
    assert.deepEqual(await get(plane), [`gcbSessionServer=${signed('CB_1', NEW)}; Path=/`]);
    for (let i = 0; i < 2; i++) await get(plane, `a=1;  gcbSessionServer=${signed('CB_2', NEW)};b="2"`);
    assert.deepEqual(cookiesAt(nodes[0]), ['cookie: ']);
    assert.deepEqual(cookiesAt(nodes[1]), Array(2).fill('Cookie: a=1; gcbSessionServer=CB_2; b="2"'));
    assert.deepEqual(
      plane.records.slice(1).map(({ by, verdict }) => [by, verdict]),
      Array(2).fill(['cookie', 'bound']),
    );
  });

  it('counts for nothing when it is forged, and no node sees it', async (t) => {
    const { plane, nodes } = await setUp(t, { signature: { keys: [NEW] } });
    const forged = `gcbSessionServer=${signed('CB_1', OLD)}`;
    for (let i = 0; i < 2; i++) await get(plane, `${forged}; a=b`);
    await get(plane, forged);
    assert.deepEqual(new Set(plane.records.map(({ by }) => by)), new Set(['balance']));
    assert.deepEqual([...cookiesAt(nodes[0]), ...cookiesAt(nodes[1])], ['Cookie: a=b', 'Cookie: a=b']);
    assert.doesNotMatch(nodes[0].received + nodes[1].received, /gcbSessionServer/);
    assert.deepEqual(plane.stats.snapshot().cookiesIgnored, { forged: 3, unsigned: 0 });
  });

  it('need not be, for agents that write their own, unless it is asked for', async (t) => {
    const { plane, nodes } = await setUp(t, { signature: { keys: [NEW] } });
    await get(plane, STICKY);
    assert.equal(plane.records[0]?.by, 'cookie');
    plane.reconfigure({ balance: 'round-robin', affinity: { signature: { keys: [NEW], unsigned: 'ignore' } } });
    await get(plane, STICKY);
    assert.equal(plane.records[1]?.by, 'balance');
    assert.deepEqual([...cookiesAt(nodes[0]), ...cookiesAt(nodes[1])], [`Cookie: ${STICKY}`]);
    assert.equal(plane.stats.cookiesIgnored.unsigned, 1);
  });

  it('is believed by a key of before, and signed anew by the first', async (t) => {
    const { plane } = await setUp(t, { signature: { keys: [OLD] } }, `Set-Cookie: ${STICKY}`);
    const [before = ''] = await get(plane);
    plane.reconfigure({ affinity: { signature: { keys: [NEW, OLD] } } });
    assert.deepEqual(await get(plane, before), [`gcbSessionServer=${signed('CB_1', NEW)}`]);
    plane.reconfigure({ affinity: { signature: { keys: [NEW] } } });
    await get(plane, before);
    assert.deepEqual(
      plane.records.slice(1).map(({ by }) => by),
      ['cookie', 'balance'],
    );
  });

  it('binds the live channel to its node', async (t) => {
    const { plane, nodes } = await setUp(t, { signature: { keys: [NEW], unsigned: 'ignore' } });
    for (let i = 0; i < 3; i++) await get(plane, `gcbSessionServer=${signed('CB_2', NEW)}`, '/cometd');
    assert.equal(nodes[0].received, '');
    assert.deepEqual(cookiesAt(nodes[1]), Array(3).fill('Cookie: gcbSessionServer=CB_2'));
  });
});

describe('a stickiness cookie that nothing is said of', () => {
  it('passes as it is, both ways, and so does one that looks signed', async (t) => {
    const { plane, nodes } = await setUp(t, {}, `set-cookie: ${STICKY}`);
    assert.deepEqual(await get(plane, `gcbSessionServer=${signed('CB_1', NEW)}`), [STICKY]);
    assert.deepEqual(cookiesAt(nodes[0]), [`cookie: gcbSessionServer=${signed('CB_1', NEW)}`]);
    assert.equal(plane.records[0]?.verdict, 'unknown');
  });
});
