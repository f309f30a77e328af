import assert from 'node:assert/strict';
import test from 'node:test';
import type { Sighting } from './sighting.ts';
import { SightingBatch } from './sighting-batch.ts';

const sighting = (session: string): Sighting => ({ session, node: 'a', class: 'session', namedBy: 'token' });

function batches() {
  const sent: { readonly sessions: readonly string[]; readonly skipped: number; readonly done: () => void }[] = [];
  const batch = new SightingBatch({
    send: (sightings, skipped, done) => sent.push({ sessions: sightings.map(({ session }) => session), skipped, done }),
  });
  return { sent, batch };
}

test('what comes within a moment is one message', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sent, batch } = batches();
  for (const session of ['1', '2', '3']) batch.add(sighting(session));
  assert.equal(sent.length, 0);
  t.mock.timers.tick(1000);
  assert.deepEqual(sent[0]?.sessions, ['1', '2', '3']);
  t.mock.timers.tick(1000);
  assert.equal(sent.length, 1, 'nothing is not sent');
});

test('the next batch waits until the one before is out', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { sent, batch } = batches();
  batch.add(sighting('1'));
  batch.flush();
  batch.add(sighting('2'));
  batch.flush();
  t.mock.timers.tick(10_000);
  assert.equal(sent.length, 1);
  sent[0]?.done();
  t.mock.timers.tick(1000);
  assert.deepEqual(sent[1]?.sessions, ['2']);
});

test('a reader that does not listen costs sightings, not memory, and is told how many', () => {
  const { sent, batch } = batches();
  batch.add(sighting('first'));
  batch.flush();
  for (let i = 0; i < 1500; i++) batch.add(sighting(String(i)));
  sent[0]?.done();
  batch.flush();
  assert.equal(sent[1]?.sessions.length, 1000);
  assert.equal(sent[1]?.skipped, 500);
  sent[1]?.done();
  batch.add(sighting('last'));
  batch.flush();
  assert.equal(sent[2]?.skipped, 0);
});
