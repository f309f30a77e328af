import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerCounter } from './answer-counter.ts';

const answer = (status: number, body: string): Buffer =>
  Buffer.from(`HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

test('an answer is complete with its last byte, however it is cut; the next one begins anew', () => {
  const bytes = answer(200, 'abcde');
  for (let cut = 1; cut < bytes.length; cut++) {
    const counter = new AnswerCounter();
    for (let again = 0; again < 2; again++) {
      assert.equal(counter.take(bytes, cut), false);
      assert.equal(counter.take(bytes.subarray(cut), bytes.length - cut), true);
      assert.equal(counter.status, 200);
    }
  }
  const empty = answer(503, '');
  const counter = new AnswerCounter();
  assert.equal(counter.take(empty, empty.length), true);
  assert.equal(counter.status, 503);
});

test('only what has arrived counts: the buffer may hold more', () => {
  const bytes = Buffer.concat([answer(200, 'abc'), Buffer.from('old')]);
  assert.equal(new AnswerCounter().take(bytes, bytes.length - 3), true);
  assert.throws(() => new AnswerCounter().take(bytes, bytes.length), /bytes after the answer/);
  const unframed = Buffer.from('HTTP/1.1 200 OK\r\n\r\n');
  assert.throws(() => new AnswerCounter().take(unframed, unframed.length), /without Content-Length/);
});
