import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeakMemory, parseResident, residentBytes } from './memory.ts';

test("the kernel's kB are KiB", () => {
  assert.equal(parseResident('VmHWM:\t  99999 kB\nVmRSS:\t    1234 kB\nThreads:\t1\n'), 1234 * 1024);
  assert.equal(parseResident('State:\tZ (zombie)\n'), 0);
});

test('what this process takes is seen, a process that is not there has none', {
  skip: process.platform !== 'linux',
}, () => {
  const peak = new PeakMemory(process.pid);
  const before = residentBytes(process.pid) ?? 0;
  // So much that it does not matter what the process, which ran other tests before, gives back meanwhile.
  const taken = Buffer.alloc(256 * 1024 * 1024, 1);
  const during = peak.stop() ?? 0;
  assert.ok(during > before + taken.length / 4);
  assert.equal(residentBytes(-1), 0);
});
