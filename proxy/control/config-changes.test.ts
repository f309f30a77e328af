import assert from 'node:assert/strict';
import test from 'node:test';
import { type ProxyConfig, proxySchema } from '../../config/proxy-schema.ts';
import { changesBetween } from './config-changes.ts';

const NODES = [{ name: 'a', url: 'http://10.0.0.1:8701' }];

function config(options: object = {}): ProxyConfig {
  return proxySchema.parse({ nodes: NODES, ...options });
}

for (const { what, options, keys, needsNewWorkers = false, movesAdmin = false } of [
  { what: 'the same in other words', options: { health: { interval: '2000ms' } }, keys: [] },
  { what: 'a weight', options: { nodes: [{ ...NODES[0], weight: 2 }] }, keys: ['nodes'] },
  {
    what: 'a timeout and the log level',
    options: { timeouts: { idle: '1s' }, log: { level: 'warn' } },
    keys: ['timeouts', 'log'],
  },
  { what: 'listeners', options: { listeners: [{ port: 1 }] }, keys: ['listeners'], needsNewWorkers: true },
  {
    what: 'TLS at a listener',
    options: { listeners: [{ tls: { certificates: [{ cert: 'a', key: 'b' }] } }] },
    keys: ['listeners'],
  },
  { what: 'fewer workers', options: { workers: 1 }, keys: ['workers'] },
  { what: 'the admin address', options: { admin: { port: 1 } }, keys: ['admin'], movesAdmin: true },
  { what: 'the admin token', options: { admin: { token: 'x'.repeat(16) } }, keys: ['admin'] },
]) {
  test(`${what}: ${keys.join(', ') || 'no change'}`, () => {
    const changes = changesBetween(config(), config(options));
    assert.deepEqual([...changes.keys].sort(), [...keys].sort());
    assert.deepEqual([changes.needsNewWorkers, changes.movesAdmin], [needsNewWorkers, movesAdmin]);
  });
}
