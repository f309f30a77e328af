import assert from 'node:assert/strict';
import test from 'node:test';
import { pino } from 'pino';
import { AdminRefusals } from './admin-refusals.ts';

test('each refusal counts, and guessing fills no log', () => {
  const lines: { readonly code: string; readonly untold?: number }[] = [];
  let now = 0;
  const refusals = new AdminRefusals(
    pino({ base: null }, { write: (line) => lines.push(JSON.parse(line)) }),
    () => now,
  );
  const refuse = (code: 'unauthorized' | 'invalid_token'): void =>
    refusals.refused({ code, client: '192.0.2.7', route: '/sessions/{token}', reason: undefined });
  for (let guess = 0; guess < 1000; guess++) refuse('invalid_token');
  now = 10_000;
  refuse('unauthorized');
  assert.deepEqual([refusals.counts.invalid_token, refusals.counts.unauthorized], [1000, 1]);
  assert.deepEqual(
    lines.map(({ code, untold }) => [code, untold]),
    [
      ['invalid_token', undefined],
      ['unauthorized', 999],
    ],
  );
});
