import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openLog } from './log.ts';

test('whatever is logged is one line of plain ASCII, and reads as it was', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'log-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'log');
  const log = openLog('info', file);
  const all = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('');
  const hostile = `"}\r\n{"level":"fatal"}\u2028\u2029\u009b2J\u001b]0;x\u0007\u202e😀${all}`;
  log.logger.error({ why: hostile, [hostile]: 1, err: new Error(hostile) }, hostile);
  await log.close();
  const text = await readFile(file, 'utf8');
  assert.match(text, /^[\x20-\x7e]*\n$/);
  const { why, msg, err } = JSON.parse(text);
  assert.deepEqual([why, msg, err.message], [hostile, hostile, hostile]);
});
