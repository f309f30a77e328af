import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Lifetimes } from './lifetimes.ts';
import { renewalMs } from './lifetimes.ts';
import { OwnSessions } from './own-sessions.ts';
import { AGENT, createSession, endSession, joinSession, type LiveSession, type Session } from './session.ts';

const LIFETIMES: Lifetimes = { neverJoinedMs: 100, abandonedMs: 60, retentionMs: 10, historyMs: 10 };

function born(sessionToken: string): LiveSession {
  return createSession({ sessionToken, historyId: sessionToken, serverName: 'A', createdAt: 0 });
}

function activated(session: LiveSession): LiveSession {
  const participant = { userToken: `user ${session.revision}`, userId: 'id', role: AGENT, name: 'agent' } as const;
  const result = joinSession(session, participant, 0);
  return result.outcome === 'joined' ? result.session : session;
}

interface Step {
  readonly type: 'create' | 'join' | 'touch' | 'end' | 'renew' | 'forget';
  readonly token: string;
  /** Passes before it, ms. */
  readonly pause: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  type: fc.constantFrom('create', 'join', 'touch', 'end', 'renew', 'forget'),
  token: fc.constantFrom('a', 'b', 'c', 'd'),
  pause: fc.nat({ max: 40 }),
});

/** The plain model: what happened to a session last, and when. */
interface Model {
  session: Session;
  idleSince: number;
  writtenAt: number;
}

test('whatever happens in whatever order, counts, idle and due sessions are those of a plain model', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const own = new OwnSessions(LIFETIMES);
      const model = new Map<string, Model>();
      const ended = { cancelled: 0, completed: 0 };
      let now = 0;
      for (const { type, token, pause } of steps) {
        now += pause;
        const known = model.get(token);
        const session = known?.session;
        if (type === 'create') {
          if (known !== undefined) continue;
          model.set(token, { session: born(token), idleSince: now, writtenAt: now });
          own.add(token, now);
        } else if (type === 'join') {
          const next = activated(session === undefined || session.state === 'deactivated' ? born(token) : session);
          if (known !== undefined) Object.assign(known, { session: next, idleSince: now, writtenAt: now });
          own.written(next, now);
        } else if (type === 'touch') {
          if (known?.session.state === 'active') known.idleSince = now;
          own.touch(token, now);
        } else if (type === 'renew') {
          if (known !== undefined) known.writtenAt = now;
          own.renewed(token, now);
        } else if (type === 'forget') {
          model.delete(token);
          own.forget(token);
        } else {
          const live = session === undefined || session.state === 'deactivated' ? born(token) : session;
          if (known !== undefined) ended[live.state === 'active' ? 'completed' : 'cancelled']++;
          assert.equal(own.end(endSession(live, 'left', 0)), known !== undefined);
          model.delete(token);
        }

        const live = [...model.values()];
        const active = live.filter((each) => each.session.state === 'active');
        assert.deepEqual(own.counts, {
          live: live.length,
          inactive: live.length - active.length,
          active: active.length,
          ...ended,
        });
        assert.deepEqual(own.tokens, [...model.keys()]);
        const idle = live.filter((each) => now - each.idleSince >= (each.session.state === 'active' ? 60 : 100));
        assert.deepEqual(
          own.idle(now),
          idle.map((each) => ({
            sessionToken: each.session.sessionToken,
            cause: each.session.state === 'active' ? 'abandoned' : 'never_joined',
          })),
        );
        const due = live.filter((each) => now - each.writtenAt >= renewalMs(LIFETIMES));
        assert.deepEqual(
          own.due(now),
          due.map((each) => each.session.sessionToken),
        );
      }
    }),
  );
});
