import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  FAILURE_REASONS,
  type FailureReason,
  FLAP_WINDOW_MS,
  type HealthReport,
  type HealthResult,
  type HealthRules,
  NodeHealth,
} from './health.ts';

const RULES: HealthRules = { rise: 2, fall: 3 };
const REFUSED: HealthResult = { kind: 'failed', reason: 'refused' };

function ok(report: Partial<HealthReport> = {}): HealthResult {
  return {
    kind: 'ok',
    report: { instanceId: undefined, draining: false, sessions: undefined, capacity: undefined, ...report },
  };
}

/** Observes the results one second after the other, and says the state after each. */
function statesAfter(results: readonly HealthResult[], rules = RULES): string[] {
  const health = new NodeHealth(rules, 0);
  return results.map((result, index) => {
    health.observe(result, (index + 1) * 1000);
    return health.state;
  });
}

describe('a node at the start', () => {
  it('is admitted by its first success', () => {
    const health = new NodeHealth(RULES, 1000);
    assert.equal(health.state, 'unknown');
    assert.deepEqual(health.observe(ok(), 1500), {
      from: 'unknown',
      to: 'up',
      reason: 'admitted',
      at: 1500,
      sinceMs: 500,
    });
    assert.equal(health.since, 1500);
  });

  it('is down after its first failure, and then needs `rise` successes', () => {
    assert.deepEqual(statesAfter([REFUSED, ok(), ok()]), ['down', 'down', 'up']);
  });

  it('may begin as draining', () => {
    assert.deepEqual(statesAfter([ok({ draining: true })]), ['draining']);
  });
});

describe('a node that is up', () => {
  it('is ejected by `fall` failures in a row, for the reason of the last', () => {
    const health = new NodeHealth(RULES, 0);
    health.observe(ok(), 1000);
    assert.equal(health.observe(REFUSED, 2000), undefined);
    assert.equal(health.observe(REFUSED, 3000), undefined);
    assert.deepEqual(health.observe({ kind: 'failed', reason: 'timeout' }, 4000), {
      from: 'up',
      to: 'down',
      reason: 'timeout',
      at: 4000,
      sinceMs: 3000,
    });
  });

  it('is not ejected by failures that are not in a row', () => {
    const states = statesAfter([ok(), REFUSED, REFUSED, ok(), REFUSED, REFUSED, ok()]);
    assert.deepEqual(new Set(states), new Set(['up']));
  });

  it('turns to draining and back by its own word', () => {
    const health = new NodeHealth(RULES, 0);
    health.observe(ok(), 1000);
    assert.equal(health.observe(ok({ draining: true }), 2000)?.reason, 'draining');
    assert.equal(health.observe(ok(), 3000)?.reason, 'ready');
    assert.equal(health.state, 'up');
  });

  it('counts failures through draining', () => {
    assert.equal(statesAfter([ok({ draining: true }), REFUSED, REFUSED, REFUSED]).at(-1), 'down');
  });
});

describe('a node that traffic suspects', () => {
  it('is ejected by one failed poll', () => {
    const health = new NodeHealth(RULES, 0);
    health.observe(ok(), 1000);
    const { to, reason, damped } =
      health.observe({ kind: 'failed', reason: 'timeout' }, 2000, { suspected: true }) ?? {};
    assert.deepEqual([to, reason, damped], ['down', 'timeout', undefined]);
  });

  it('is cleared by a success', () => {
    const health = new NodeHealth(RULES, 0);
    health.observe(ok(), 1000);
    health.observe(REFUSED, 2000);
    assert.equal(health.observe(ok(), 3000, { suspected: true }), undefined);
    assert.deepEqual([health.state, health.inTransition], ['up', false]);
  });
});

describe('a node that flaps', () => {
  /** Ejects it, and says how many successes readmit it; each result comes `stepMs` after the last. */
  function flap(health: NodeHealth, clock: { now: number }, stepMs: number): number {
    const observe = (result: HealthResult): void => {
      clock.now += stepMs;
      health.observe(result, clock.now);
    };
    while (health.state !== 'down') observe(REFUSED);
    let successes = 0;
    while (health.state === 'down') {
      observe(ok());
      successes++;
    }
    return successes;
  }

  it('needs twice the successes from its third ejection within a minute on, then twice that, up to 16', () => {
    const health = new NodeHealth(RULES, 0);
    const clock = { now: 0 };
    health.observe(ok(), 0);
    assert.deepEqual(
      Array.from({ length: 7 }, () => flap(health, clock, 100)),
      [2, 2, 4, 8, 16, 16, 16],
    );
  });

  it('says so, with what it takes', () => {
    const health = new NodeHealth({ rise: 1, fall: 1 }, 0);
    const told = [0, 1, 2, 3].map((round) => {
      health.observe(ok(), round * 10);
      health.observe(ok(), round * 10 + 1);
      return health.observe(REFUSED, round * 10 + 2)?.damped;
    });
    assert.deepEqual(told, [
      undefined,
      undefined,
      { ejections: 3, successesNeeded: 2 },
      { ejections: 4, successesNeeded: 4 },
    ]);
  });

  it('is like any other after a minute without', () => {
    const health = new NodeHealth(RULES, 0);
    const clock = { now: 0 };
    health.observe(ok(), 0);
    for (let i = 0; i < 6; i++) flap(health, clock, 100);
    clock.now += FLAP_WINDOW_MS;
    health.observe(ok(), clock.now);
    assert.equal(flap(health, clock, 100), 2);
  });

  it('never needs fewer successes than `rise`', () => {
    const health = new NodeHealth({ rise: 20, fall: 1 }, 0);
    const clock = { now: 0 };
    health.observe(ok(), 0);
    assert.deepEqual(
      Array.from({ length: 4 }, () => flap(health, clock, 1)),
      [20, 20, 20, 20],
    );
  });
});

describe('a node that comes back while all are down', () => {
  it('is admitted by its first success, as at the start', () => {
    const health = new NodeHealth({ rise: 3, fall: 1 }, 0);
    health.observe(ok(), 1000);
    health.observe(REFUSED, 2000);
    assert.equal(health.observe(REFUSED, 3000, { allDown: true }), undefined);
    assert.equal(health.observe(ok(), 4000), undefined, 'others are left');
    assert.deepEqual(health.observe(ok(), 5000, { allDown: true }), {
      from: 'down',
      to: 'up',
      reason: 'admitted',
      at: 5000,
      sinceMs: 3000,
    });
  });

  it('has none of its ejections forgotten', () => {
    const health = new NodeHealth(RULES, 0);
    const eject = (now: number) => health.observe(REFUSED, now, { suspected: true });
    health.observe(ok(), 0);
    for (let round = 1; round < 3; round++) {
      assert.equal(eject(round * 10)?.damped, undefined);
      health.observe(ok(), round * 10 + 1, { allDown: true });
    }
    assert.deepEqual(eject(30)?.damped, { ejections: 3, successesNeeded: 4 });
    health.observe(ok(), 31);
    health.observe(ok(), 32);
    health.observe(ok(), 33);
    assert.equal(health.state, 'down');
  });
});

describe('a node that was ejected', () => {
  const ejectedFor = (reason: FailureReason): NodeHealth => {
    const health = new NodeHealth({ rise: 2, fall: 1 }, 0);
    health.observe(ok(), 0);
    health.observe({ kind: 'failed', reason }, 1);
    assert.equal(health.state, 'down');
    return health;
  };

  for (const reason of FAILURE_REASONS) {
    const silent = reason === 'timeout' || reason === 'hung';
    it(`for ${reason} may ${silent ? '' : 'not '}be pausing`, () => {
      assert.equal(ejectedFor(reason).silence, silent ? 'lasting' : undefined);
    });
  }

  it('is heard when it answers a poll, and no longer silent when it is back', () => {
    const health = ejectedFor('timeout');
    const after = (result: HealthResult) => {
      health.observe(result, 2);
      return health.silence;
    };
    assert.equal(after({ kind: 'failed', reason: 'timeout' }), 'lasting');
    assert.equal(after(ok()), 'over');
    assert.equal(after({ kind: 'failed', reason: 'hung' }), 'lasting');
    assert.deepEqual([after(ok()), after(ok()), health.state], ['over', undefined, 'up']);
  });

  it('is dead once anything else speaks against it', () => {
    const health = ejectedFor('timeout');
    health.observe(REFUSED, 2);
    health.observe({ kind: 'failed', reason: 'timeout' }, 3);
    assert.equal(health.silence, undefined);
    health.observe(ok(), 4);
    assert.equal(health.silence, undefined);
  });

  it('is never silent at the start: nothing waits for it', () => {
    const health = new NodeHealth(RULES, 0);
    health.observe({ kind: 'failed', reason: 'timeout' }, 1);
    assert.deepEqual([health.state, health.silence], ['down', undefined]);
  });
});

describe('a node that was restarted', () => {
  it('is told by its new instance, in whatever state', () => {
    const health = new NodeHealth(RULES, 0);
    assert.equal(health.observe(ok({ instanceId: 'a' }), 1000)?.reason, 'admitted');
    assert.deepEqual(health.observe(ok({ instanceId: 'b' }), 2000), {
      from: 'up',
      to: 'up',
      reason: 'restarted',
      at: 2000,
      sinceMs: 1000,
    });
    assert.equal(health.since, 1000, 'the state has not changed');
    assert.equal(health.observe(ok({ instanceId: 'c', draining: true }), 3000)?.reason, 'restarted');
    assert.equal(health.state, 'draining');
  });

  it('is told while it is still down, once', () => {
    const health = new NodeHealth({ rise: 2, fall: 1 }, 0);
    health.observe(ok({ instanceId: 'a' }), 1000);
    health.observe(REFUSED, 2000);
    const told = health.observe(ok({ instanceId: 'b' }), 3000);
    assert.deepEqual([told?.from, told?.to, told?.reason], ['down', 'down', 'restarted']);
    assert.equal(health.observe(ok({ instanceId: 'b' }), 4000)?.reason, 'admitted');
  });

  it('is not told by a node that stops or begins to name its instance', () => {
    const health = new NodeHealth(RULES, 0);
    health.observe(ok(), 1000);
    assert.equal(health.observe(ok({ instanceId: 'a' }), 2000), undefined);
    assert.equal(health.observe(ok(), 3000), undefined);
    assert.equal(health.instanceId, 'a');
  });
});

it('is in transition exactly while the last results speak against the state', () => {
  const health = new NodeHealth(RULES, 0);
  const after = (result: HealthResult): boolean => {
    health.observe(result, 1000);
    return health.inTransition;
  };
  assert.equal(health.inTransition, true, 'unknown');
  assert.equal(after(ok()), false);
  assert.equal(after(REFUSED), true);
  assert.equal(after(ok()), false);
  assert.deepEqual([after(REFUSED), after(REFUSED), after(REFUSED)], [true, true, false]);
  assert.equal(after(ok()), true, 'coming back');
  assert.equal(after(REFUSED), false, 'down for good');
});

describe('any sequence of results', () => {
  const result: fc.Arbitrary<HealthResult> = fc.oneof(
    fc.constantFrom(...FAILURE_REASONS).map((reason): HealthResult => ({ kind: 'failed', reason })),
    fc
      .record({ draining: fc.boolean(), instanceId: fc.constantFrom(undefined, 'a', 'b') })
      .map((report): HealthResult => ok(report)),
  );
  const observation = fc.record({
    result,
    suspected: fc.boolean(),
    allDown: fc.boolean(),
    afterMs: fc.constantFrom(1, 100, 2000, FLAP_WINDOW_MS),
  });
  const rules = fc.record({ rise: fc.integer({ min: 1, max: 4 }), fall: fc.integer({ min: 1, max: 4 }) });

  it('ejects and readmits only after enough results in a row, or at once when no node is left', () => {
    fc.assert(
      fc.property(rules, fc.array(observation, { maxLength: 100 }), ({ rise, fall }, observations) => {
        const health = new NodeHealth({ rise, fall }, 0);
        let failures = 0;
        let successes = 0;
        let needed = rise;
        const ejections: number[] = [];
        let now = 0;
        for (const { result, suspected, allDown, afterMs } of observations) {
          now += afterMs;
          const before = health.state;
          failures = result.kind === 'failed' ? failures + 1 : 0;
          successes = result.kind === 'ok' ? successes + 1 : 0;
          const transition = health.observe(result, now, { suspected, allDown });
          const answers = health.state === 'up' || health.state === 'draining';
          if (before === 'unknown') assert.equal(answers, result.kind === 'ok');
          else if (before === 'down') {
            assert.equal(answers, successes >= needed || (allDown && result.kind === 'ok'));
          } else assert.equal(health.state === 'down', failures >= fall || (suspected && failures > 0));
          if (health.state === 'down' && (before === 'up' || before === 'draining')) {
            ejections.push(now);
            const recent = ejections.filter((at) => now - at < FLAP_WINDOW_MS).length;
            needed = Math.max(rise, Math.min(16, rise * 2 ** Math.max(0, recent - 2)));
            assert.deepEqual(
              transition?.damped,
              recent < 3 ? undefined : { ejections: recent, successesNeeded: needed },
            );
          }
          if (answers && result.kind === 'ok') {
            assert.equal(health.state, result.report.draining ? 'draining' : 'up');
          }
          assert.notEqual(health.state, 'unknown');
          if (health.state !== 'down') assert.equal(health.silence, undefined);
          if (health.state !== before) assert.deepEqual([transition?.from, transition?.to], [before, health.state]);
          else if (transition !== undefined) assert.equal(transition.reason, 'restarted');
        }
      }),
    );
  });

  it('tells transitions that follow one another without a gap', () => {
    fc.assert(
      fc.property(rules, fc.array(result, { maxLength: 60 }), (rules, results) => {
        const health = new NodeHealth(rules, 0);
        let last = { state: 'unknown', at: 0 };
        results.forEach((result, index) => {
          const now = index * 10;
          const transition = health.observe(result, now);
          if (transition === undefined) return;
          assert.deepEqual([transition.from, transition.at], [last.state, now]);
          assert.equal(transition.sinceMs, now - last.at);
          if (transition.to !== transition.from) last = { state: transition.to, at: now };
        });
        assert.deepEqual([health.state, health.since], [last.state, last.at]);
      }),
    );
  });
});
