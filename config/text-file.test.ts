import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readTextFile } from './text-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'text-file-'));
after(() => rmSync(directory, { recursive: true }));

test('text is read without its byte order mark', () => {
  const file = join(directory, 'bom.yaml');
  writeFileSync(file, '\ufeffa: ä\n');
  assert.deepEqual(readTextFile(file), { ok: true, text: 'a: ä\n' });
});

test('why a file cannot be read is said in plain words', () => {
  const latin1 = join(directory, 'latin1.yaml');
  writeFileSync(latin1, Buffer.from('a: ä\n', 'latin1'));
  const cases: [string, string, string][] = [
    [join(directory, 'absent.yaml'), 'cannot be read: no such file', 'ENOENT'],
    [join(latin1, 'x'), 'cannot be read: no such file: a part of its path is not a directory', 'ENOTDIR'],
    [directory, 'cannot be read: is a directory, expected a file', 'EISDIR'],
    ['a\0b', 'cannot be read: not a file name', 'ERR_INVALID_ARG_VALUE'],
    ['x'.repeat(5000), 'cannot be read: the name is too long', 'ENAMETOOLONG'],
    [latin1, 'cannot be read: expected UTF-8 text', ''],
  ];
  for (const [file, reason, code] of cases) assert.deepEqual(readTextFile(file), { ok: false, reason, code });
});
