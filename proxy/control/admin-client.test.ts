import assert from 'node:assert/strict';
import test from 'node:test';
import { z } from 'zod';
import { readAnswer } from './admin-client.ts';

test('a refusal for want of a token says how a command gets one; any other is as the proxy says it', () => {
  const refusal = (code: string) =>
    readAnswer(401, JSON.stringify({ error: { code, message: 'As the proxy says.' } }), z.object({}));
  const hint = '--token-file, or COBROWSE_PROXY_ADMIN_TOKEN.';
  assert.deepEqual(refusal('unauthorized'), { kind: 'refused', message: `It wants an admin token: ${hint}` });
  assert.deepEqual(refusal('invalid_token'), { kind: 'refused', message: `This is no admin token of it: ${hint}` });
  assert.deepEqual(refusal('unknown_node'), { kind: 'refused', message: 'As the proxy says.' });
});
