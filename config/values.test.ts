import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, formatSize, parseDuration, parseSize } from './values.ts';

test('durations are read in milliseconds, with their unit only', () => {
  const cases: [string, number | undefined][] = [
    ['0ms', 0],
    ['250ms', 250],
    ['2s', 2_000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['0.25ms', undefined],
    ['2', undefined],
    ['2 s', undefined],
    ['-1s', undefined],
    ['1e3s', undefined],
    ['2S', undefined],
    ['1d', undefined],
    ['', undefined],
    ['2s\n', undefined],
    ['999999999999999h', undefined],
    ['1constructor', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, JSON.stringify(text));
});

test('sizes are read in bytes, by powers of two only', () => {
  const cases: [string, number | undefined][] = [
    ['512B', 512],
    ['16KiB', 16_384],
    ['1.5MiB', 1_572_864],
    ['1GiB', 1_073_741_824],
    ['1GB', undefined],
    ['16k', undefined],
    ['1.5B', undefined],
    ['16kib', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseSize(text), expected, JSON.stringify(text));
});

test('what is written is read as the same value', () => {
  assert.deepEqual([0, 500, 90_000, 3_600_000].map(formatDuration), ['0ms', '500ms', '90s', '1h']);
  assert.deepEqual([0, 1000, 16_384, 3 * 1024 ** 3].map(formatSize), ['0B', '1000B', '16KiB', '3GiB']);
  fc.assert(fc.property(fc.nat(), (value) => parseDuration(formatDuration(value)) === value));
  fc.assert(fc.property(fc.nat(), (value) => parseSize(formatSize(value)) === value));
});
