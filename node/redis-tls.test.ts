import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { createClient } from '@redis/client';
import { compiled } from '../config/testing/compiled.ts';
import { REDIS_SKIP, RedisServer, TLS_CA } from './testing/redis-server.ts';

const CLI = compiled(new URL('cli.ts', import.meta.url));
const PASSWORD = 'p@ss/word';
const USER = ['--user', 'gcb', 'on', `>${PASSWORD}`, '~mine:*', '&mine:*', '+@all', '--user', 'default', 'off'];

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly url?: string;
  readonly redis?: string;
  readonly err?: { readonly message: string };
}

interface Started {
  /** The URL of its web application. */
  readonly url: string;
  /** What it logged until it listened, by when it has tried its store, and until the line that was waited for. */
  readonly lines: readonly LogLine[];
  readonly text: string;
}

/** A node as an operator starts it, with the certificate authorities of the environment. */
async function startNode(
  t: TestContext,
  storeUrl: string,
  ca: string | undefined,
  awaited = 'listening',
): Promise<Started> {
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [CLI, 'start', '--port', '0'], {
    env: {
      ...inherited,
      ...(ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca }),
      COBROWSE_NODE_STORE_URL: storeUrl,
      COBROWSE_NODE_STORE_GRACE: '0s',
      COBROWSE_NODE_LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const texts: string[] = [];
  let url: string | undefined;
  for await (const text of createInterface({ input: child.stdout })) {
    texts.push(text);
    url ??= (JSON.parse(text) as LogLine).url;
    const lines = texts.map((line) => JSON.parse(line) as LogLine);
    if (url === undefined || !lines.some(({ msg }) => msg === awaited)) continue;
    child.stdout.resume();
    return { url, lines, text: texts.join('\n') };
  }
  return assert.fail(`the node ended: ${texts.join('\n')}`);
}

const storeUrl = ({ port }: RedisServer, host = 'localhost') =>
  `rediss://gcb:${encodeURIComponent(PASSWORD)}@${host}:${port}/0?prefix=mine:`;

describe('a Redis that speaks TLS', { skip: REDIS_SKIP }, () => {
  test('keeps the sessions of nodes that trust its issuer, under their prefix, for the user of the URL', async (t) => {
    const redis = await RedisServer.start(t, { tls: true, args: USER });
    // On a busy machine the first attempt may take too long.
    const { url, lines, text } = await startNode(t, storeUrl(redis), TLS_CA, 'session store connected');
    const connected = lines.find(({ msg }) => msg === 'session store connected');
    assert.equal(connected?.redis, `rediss://localhost:${redis.port}/0`);
    assert.ok(!text.includes('p@ss') && !text.includes('p%40ss'), 'the password is not logged');
    assert.equal((await fetch(`${url}/health`)).status, 200);
    const created = await fetch(`${url}/rest/live/sessions`, { method: 'POST' });
    const { sessionToken } = (await created.json()) as { readonly sessionToken: string };

    const client = createClient({
      username: 'gcb',
      password: PASSWORD,
      socket: { host: 'localhost', port: redis.port, tls: true, ca: readFileSync(TLS_CA) },
    });
    client.on('error', () => {});
    await client.connect();
    t.after(() => client.destroy());
    const keys = await client.keys('*');
    assert.ok(keys.includes(`mine:session:${sessionToken}`));
    assert.deepEqual(
      keys.filter((key) => !key.startsWith('mine:')),
      [],
    );
  });

  const refused: readonly [what: string, host: string, ca: string | undefined, message: RegExp][] = [
    ['whose issuer is unknown', 'localhost', undefined, /^unable to verify the first certificate/],
    ['whose certificate is of another host', '127.0.0.1', TLS_CA, /IP: 127\.0\.0\.1 is not in the cert/],
  ];
  for (const [what, host, ca, message] of refused) {
    test(`${what} is refused, in one line that says so`, async (t) => {
      const redis = await RedisServer.start(t, { tls: true, args: USER });
      let started = await startNode(t, storeUrl(redis, host), ca);
      // On a busy machine there may be no answer yet to refuse.
      while (started.text.includes('no answer within')) started = await startNode(t, storeUrl(redis, host), ca);
      const { url, lines, text } = started;
      const errors = lines.filter(({ level }) => level !== 'info' && level !== 'warn');
      assert.deepEqual(
        errors.map(({ msg, redis }) => [msg, redis]),
        [['session store unavailable', `rediss://${host}:${redis.port}/0`]],
      );
      assert.match(errors[0]?.err?.message ?? '', message);
      assert.ok(!text.includes('p@ss') && !text.includes('p%40ss'), 'the password is not logged');
      assert.equal((await fetch(`${url}/health`)).status, 503);
      const created = await fetch(`${url}/rest/live/sessions`, { method: 'POST' });
      assert.equal(created.status, 503);
    });
  }
});
