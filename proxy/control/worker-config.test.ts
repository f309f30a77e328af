import assert from 'node:assert/strict';
import test from 'node:test';
import { proxySchema } from '../../config/proxy-schema.ts';
import { configForWorkers } from './worker-config.ts';

test('workers get the configuration without the admin tokens, and nothing else is missing', () => {
  const [token, readToken] = ['operate-token-of-this-test', 'read-token-of-this-test'];
  const nodes = [{ name: 'a', url: 'http://127.0.0.1:8701' }];
  const config = proxySchema.parse({ nodes, admin: { token, readToken } });
  const given = configForWorkers(config);
  assert.doesNotMatch(JSON.stringify(given), /of-this-test/);
  assert.deepEqual({ ...given, admin: config.admin }, config);
});
