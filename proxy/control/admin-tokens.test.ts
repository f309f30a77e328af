import assert from 'node:assert/strict';
import test from 'node:test';
import { readAdminTokens } from './admin-tokens.ts';
import { configFile } from './testing/proxy-process.ts';

const NONE = { token: '', tokenFile: '', readToken: '', readTokenFile: '' };
const [A, B, C] = ['a'.repeat(16), 'b'.repeat(16), 'c'.repeat(16)];

test('tokens are what the configuration or a file says, each role its own', async (t) => {
  assert.deepEqual(readAdminTokens(NONE), { ok: true, tokens: { read: [], operate: [] } });
  const readTokenFile = await configFile(t, ` ${B}\r\n${C}\n`);
  assert.deepEqual(readAdminTokens({ ...NONE, token: A, readTokenFile }), {
    ok: true,
    tokens: { read: [B, C], operate: [A] },
  });
});

test('a file without tokens, or with what is none, opens nothing, and is not shown', async (t) => {
  for (const text of ['\n', 'hunter2\n', `${A}\nhunter2\n`]) {
    const tokenFile = await configFile(t, text);
    assert.deepEqual(readAdminTokens({ ...NONE, tokenFile }), {
      ok: false,
      option: 'tokenFile',
      reason: `${tokenFile}: expected tokens of 16 to 512 letters, digits or -._~+/=, separated by blanks or line ends`,
    });
  }
  const readTokenFile = '/no/such/file';
  assert.deepEqual(readAdminTokens({ ...NONE, readTokenFile }), {
    ok: false,
    option: 'readTokenFile',
    reason: '/no/such/file: cannot be read: no such file',
  });
});
