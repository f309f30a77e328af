import assert from 'node:assert/strict';
import test from 'node:test';
import { readAdminToken } from './admin-token.ts';
import { configFile } from './testing/proxy-process.ts';

test('the token is what the configuration or the file says, without white space around it', async (t) => {
  assert.deepEqual(readAdminToken({ token: '', tokenFile: '' }), { ok: true, token: undefined });
  assert.deepEqual(readAdminToken({ token: 'a', tokenFile: '' }), { ok: true, token: 'a' });
  const tokenFile = await configFile(t, ' b\r\n');
  assert.deepEqual(readAdminToken({ token: '', tokenFile }), { ok: true, token: 'b' });
});

test('a file without a token is no token that matches anything', async (t) => {
  const tokenFile = await configFile(t, '\n');
  assert.deepEqual(readAdminToken({ token: '', tokenFile }), {
    ok: false,
    reason: `${tokenFile}: is empty, expected a token`,
  });
  assert.equal(readAdminToken({ token: '', tokenFile: `${tokenFile}.no` }).ok, false);
});
