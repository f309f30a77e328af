/** Waiting for what no event tells, such as what another process has done. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

/** So that what never comes is told before the test as a whole is given up; a busy machine may take its time. */
const DEADLINE_MS = 240_000;
const PAUSE_MS = 10;

/** Resolves as soon as the condition holds; rejects after minutes. */
export async function eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `it did not come about in time: ${what}`);
    await setTimeout(PAUSE_MS);
  }
}
