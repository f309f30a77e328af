import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { drained } from './drain.ts';
import { MemorySessionStore } from './sessions/memory-store.ts';
import { SessionService } from './sessions/service.ts';
import { CONTROLLER } from './sessions/session.ts';

const HOUR_MS = 3_600_000;
const NEVER = new AbortController().signal;

function service(): SessionService {
  return new SessionService({ store: new MemorySessionStore(), serverName: 'CB_Server_1' });
}

/** A live session, and how to end it. */
async function liveSession(sessions: SessionService): Promise<() => Promise<unknown>> {
  const created = await sessions.create();
  assert.ok(created.outcome === 'created');
  const joined = await sessions.join(created.session.sessionToken, CONTROLLER, 'c');
  assert.ok(joined.outcome === 'joined');
  return () => sessions.stop(joined.participant.userToken);
}

test('without live sessions it takes as long as the notice', async () => {
  const startedAt = performance.now();
  await drained({ sessions: service(), noticeMs: 60, deadlineMs: HOUR_MS, signal: NEVER });
  assert.ok(performance.now() - startedAt >= 55);
});

test('it waits for the last live session to end', async () => {
  const sessions = service();
  const ends = [await liveSession(sessions), await liveSession(sessions)];
  let over = false;
  const drain = drained({ sessions, noticeMs: 0, deadlineMs: HOUR_MS, signal: NEVER }).then(() => {
    over = true;
  });
  for (const end of ends) {
    assert.equal(over, false);
    await end();
  }
  await drain;
  assert.equal(sessions.listenerCount('ended'), 0);
});

test('it ends at the deadline, and at once when it is told so', async () => {
  const sessions = service();
  await liveSession(sessions);
  await drained({ sessions, noticeMs: 0, deadlineMs: 20, signal: NEVER });
  const hurry = new AbortController();
  const drain = drained({ sessions, noticeMs: HOUR_MS, deadlineMs: HOUR_MS, signal: hurry.signal });
  hurry.abort();
  await drain;
  await drained({ sessions, noticeMs: HOUR_MS, deadlineMs: HOUR_MS, signal: hurry.signal });
});
