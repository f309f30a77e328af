import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  AGENT,
  CONTROLLER,
  CUSTOMER,
  createSession,
  exitSession,
  joinSession,
  MAX_PARTICIPANTS,
  type Participant,
  type Role,
  type Session,
  stopSession,
} from './session.ts';

const BORN_AT = 1_000;

function newSession(): Session {
  return createSession({
    sessionToken: '045800826',
    historyId: '1b671a64-40d5-491e-99b0-da01ff1f3341',
    serverName: 'CB_Server_1',
    createdAt: BORN_AT,
  });
}

function user(userToken: string, role: Role): Participant {
  return { userToken, userId: `id of ${userToken}`, role, name: userToken };
}

function joined(session: Session, participant: Participant, now: number): Session {
  const result = joinSession(session, participant, now);
  assert.equal(result.outcome, 'joined');
  return result.outcome === 'joined' ? result.session : session;
}

/** A customer and one participant on the agents' side, who joined at 2000. */
function activeSession(role: Role): Session {
  return joined(joined(newSession(), user('customer', CUSTOMER), 1_500), user('agent', role), 2_000);
}

describe('join', () => {
  test('a customer leaves the session inactive', () => {
    const session = joined(newSession(), user('customer', CUSTOMER), 1_500);
    assert.equal(session.state, 'inactive');
    assert.deepEqual(session.participants, [user('customer', CUSTOMER)]);
  });

  for (const role of [AGENT, CONTROLLER] as const) {
    test(`role ${role} activates the session at the time of joining`, () => {
      const session = activeSession(role);
      assert.ok(session.state === 'active');
      assert.equal(session.activatedAt, 2_000);
    });
  }

  test('a second agent leaves the time of activation alone', () => {
    const session = joined(activeSession(AGENT), user('second', CONTROLLER), 9_000);
    assert.ok(session.state === 'active');
    assert.equal(session.activatedAt, 2_000);
  });

  test('a second customer is refused', () => {
    assert.deepEqual(joinSession(activeSession(AGENT), user('other', CUSTOMER), 3_000), { outcome: 'role_taken' });
  });

  test('a full session refuses more', () => {
    let session = newSession();
    for (let i = 0; i < MAX_PARTICIPANTS; i++) session = joined(session, user(`agent ${i}`, AGENT), 2_000);
    assert.deepEqual(joinSession(session, user('one more', AGENT), 3_000), { outcome: 'full' });
  });
});

describe('exit', () => {
  test('a customer who gives up waiting cancels the session: it ends without a time of activation', () => {
    const result = exitSession(joined(newSession(), user('customer', CUSTOMER), 1_500), 'customer', 4_000);
    assert.ok(result.outcome === 'ended');
    assert.equal(result.session.deactivatedAt, 4_000);
    assert.equal('activatedAt' in result.session, false);
  });

  for (const leaver of ['customer', 'agent']) {
    test(`the ${leaver} leaving ends an active session`, () => {
      const result = exitSession(activeSession(AGENT), leaver, 4_000);
      assert.ok(result.outcome === 'ended');
      assert.equal(result.session.activatedAt, 2_000);
      assert.equal(result.session.deactivatedAt, 4_000);
      assert.equal(result.session.participants.length, 2);
    });
  }

  test('one of two agents leaving lets the session go on without that token', () => {
    const result = exitSession(joined(activeSession(CONTROLLER), user('second', AGENT), 3_000), 'agent', 4_000);
    assert.ok(result.outcome === 'left');
    assert.deepEqual(stopSession(result.session, 'agent', 5_000), { outcome: 'unknown_user' });
  });

  test('a stranger changes nothing', () => {
    assert.deepEqual(exitSession(activeSession(AGENT), 'stranger', 4_000), { outcome: 'unknown_user' });
  });
});

describe('stop', () => {
  test('by the controller ends the session and gives both times', () => {
    const result = stopSession(activeSession(CONTROLLER), 'agent', 4_000);
    assert.ok(result.outcome === 'stopped');
    assert.equal(result.session.activatedAt, 2_000);
    assert.equal(result.session.deactivatedAt, 4_000);
  });

  test('a second time gives the times of the first', () => {
    const first = stopSession(activeSession(CONTROLLER), 'agent', 4_000);
    assert.ok(first.outcome === 'stopped');
    assert.deepEqual(stopSession(first.session, 'agent', 9_000), { ...first, outcome: 'already_stopped' });
  });

  test('after the customer left gives the time of leaving', () => {
    const ended = exitSession(activeSession(CONTROLLER), 'customer', 4_000);
    assert.ok(ended.outcome === 'ended');
    const stop = stopSession(ended.session, 'agent', 9_000);
    assert.ok(stop.outcome === 'already_stopped');
    assert.equal(stop.session.deactivatedAt, 4_000);
  });

  test('is not for customers and agents', () => {
    assert.deepEqual(stopSession(activeSession(AGENT), 'customer', 4_000), { outcome: 'not_controller' });
    assert.deepEqual(stopSession(activeSession(AGENT), 'agent', 4_000), { outcome: 'not_controller' });
  });

  test('of a session that was never activated is refused to its customer, before and after its end', () => {
    const session = joined(newSession(), user('customer', CUSTOMER), 1_500);
    const cancelled = exitSession(session, 'customer', 4_000);
    assert.ok(cancelled.outcome === 'ended');
    for (const each of [session, cancelled.session]) {
      assert.deepEqual(stopSession(each, 'customer', 5_000), { outcome: 'not_controller' });
    }
  });

  test('never ends a session before it began, even if the clock was set back', () => {
    const result = stopSession(activeSession(CONTROLLER), 'agent', 1);
    assert.ok(result.outcome === 'stopped');
    assert.equal(result.session.deactivatedAt, 2_000);
  });
});

type Step =
  | { readonly type: 'join'; readonly who: number; readonly role: Role }
  | { readonly type: 'exit'; readonly who: number }
  | { readonly type: 'stop'; readonly who: number };

const who = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('join' as const), who, role: fc.constantFrom<Role>(CUSTOMER, AGENT, CONTROLLER) }),
  fc.record({ type: fc.constant('exit' as const), who }),
  fc.record({ type: fc.constant('stop' as const), who }),
);

/** The session after the step; the same object when the step was refused. */
function take(session: Session, step: Step, now: number): Session {
  const token = `user ${step.who}`;
  if (step.type === 'join') {
    const result = joinSession(session, user(token, step.role), now);
    return result.outcome === 'joined' ? result.session : session;
  }
  if (step.type === 'exit') {
    const result = exitSession(session, token, now);
    return result.outcome === 'left' || result.outcome === 'ended' ? result.session : session;
  }
  const result = stopSession(session, token, now);
  return result.outcome === 'stopped' ? result.session : session;
}

const ORDER = ['inactive', 'active', 'deactivated'];

test('whatever happens in whatever order, a session keeps its promises', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.nat({ max: 10_000 })), { maxLength: 40 }), (steps) => {
      let session = newSession();
      for (const [each, now] of steps) {
        const before = session;
        session = take(before, each, now);

        const moved = ORDER.indexOf(session.state) - ORDER.indexOf(before.state);
        assert.ok(moved >= 0, `went back from ${before.state} to ${session.state}`);
        if (before.state === 'deactivated') assert.equal(session, before);
        assert.equal(session.revision - before.revision, session === before ? 0 : 1);
        assert.equal(session.sessionToken, before.sessionToken);
        assert.equal(session.serverName, before.serverName);

        const customers = session.participants.filter(({ role }) => role === CUSTOMER);
        assert.ok(customers.length <= 1);
        const hasAgents = session.participants.length > customers.length;
        if (session.state === 'inactive') assert.equal(hasAgents, false);
        if (session.state === 'active') assert.equal(hasAgents, true);
        if (session.state === 'deactivated') {
          assert.equal(session.activatedAt !== undefined, hasAgents);
          assert.ok(session.deactivatedAt >= (session.activatedAt ?? session.createdAt));
        }
        assert.deepEqual(JSON.parse(JSON.stringify(session)), session, 'survives being stored as text');
      }
    }),
  );
});
