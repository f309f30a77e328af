import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSchema } from '../config/node-schema.ts';
import { LIVE_DEFAULTS } from './live/options.ts';
import { DEFAULTS, nodeOptions } from './options.ts';
import { MISS_LIMITS, STORE_GRACE_MS } from './rest.ts';
import { DEFAULT_LIFETIMES } from './sessions/lifetimes.ts';

test('an empty configuration is the defaults of each room', () => {
  assert.deepEqual(DEFAULTS.live, LIVE_DEFAULTS);
  assert.deepEqual(DEFAULTS.lifetimes, DEFAULT_LIFETIMES);
  assert.deepEqual(DEFAULTS.misses, MISS_LIMITS);
  assert.equal(DEFAULTS.storeGraceMs, STORE_GRACE_MS);
  assert.equal(DEFAULTS.allowedOrigins.empty, true);
  assert.equal(DEFAULTS.metrics, undefined);
  assert.equal(DEFAULTS.drainNoticeMs, 5_000);
  assert.equal(DEFAULTS.drainDeadlineMs, 600_000);
});

test('units become those of the program', () => {
  const options = nodeOptions(
    nodeSchema.parse({
      base: '/a/',
      allowedOrigins: 'https://a.example.com',
      trustedProxies: ['10.0.0.0/8'],
      sessions: { max: 3, abandoned: '2m' },
      live: { timeout: '20s', message: '1MiB' },
      rates: { failedJoins: { perMinute: 1, burst: 2 } },
      drain: { deadline: '1s' },
      metrics: { port: 9701 },
    }),
  );
  assert.equal(options.base, '/a');
  assert.equal(options.allowedOrigins.allows('https://a.example.com'), true);
  assert.equal(options.maxSessions, 3);
  assert.equal(options.lifetimes.abandonedMs, 120_000);
  assert.deepEqual(options.live, {
    ...LIVE_DEFAULTS,
    timeoutMs: 20_000,
    maxMessageBytes: 1_048_576,
    failedJoinsPerMinute: 1,
    failedJoinBurst: 2,
    trustedProxies: ['10.0.0.0/8'],
  });
  assert.equal(options.drainNoticeMs, 1_000);
  assert.deepEqual(options.metrics, { host: '127.0.0.1', port: 9701 });
});
