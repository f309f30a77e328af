import assert from 'node:assert/strict';
import test from 'node:test';
import { Questions } from './questions.ts';

test('answers find their questions in any order', async () => {
  const questions = new Questions<string>();
  const ids: number[] = [];
  const asked = ['a', 'b', 'c'].map(() => questions.ask((id) => ids.push(id)));
  for (const id of ids.toReversed()) questions.answered(id, `answer ${id}`);
  assert.deepEqual(
    await Promise.all(asked),
    ids.map((id) => `answer ${id}`),
  );
});

test('whoever is gone answers nothing, and answers that nobody waits for are dropped', async () => {
  const questions = new Questions<string>();
  const asked = questions.ask(() => {});
  questions.abandon();
  questions.answered(1, 'late');
  questions.answered(77, 'unasked');
  assert.equal(await asked, undefined);
});
