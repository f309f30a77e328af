import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MOST_MS, REPRIEVE_MS, Reprieves } from './reprieves.ts';
import { aNode, aView } from './testing/nodes.ts';
import type { NodeSnapshot } from './view.ts';

const SWEEP_MS = 50;
const SILENT: Partial<NodeSnapshot> = { state: 'down', silence: 'lasting' };

/** One node, the clock and the ears in the test's hands. */
class Setting {
  now = 0;
  heard = 0;
  #view = aView();
  readonly reprieves = new Reprieves({ timesHeard: () => this.heard });

  constructor(about: Partial<NodeSnapshot> = SILENT) {
    this.granted = this.reprieves.grant(this.is(about), this.now);
  }

  readonly granted: boolean;

  is(about: Partial<NodeSnapshot> | undefined): NodeSnapshot {
    const node = aNode(0, about);
    this.#view = about === undefined ? aView() : aView(node);
    return node;
  }

  /** Whether the reprieve is over within so many ms more. */
  overAfter(ms: number): boolean {
    const until = this.now + ms;
    do {
      this.now = Math.min(until, this.now + SWEEP_MS);
      if (this.look()) return true;
    } while (this.now < until);
    return false;
  }

  look(): boolean {
    return this.reprieves.over(this.#view, this.now).length > 0;
  }
}

describe('a node that went silent', () => {
  it('has a reprieve, and is dead when that passes in silence, once', () => {
    const node = new Setting();
    assert.equal(node.granted, true);
    assert.equal(node.overAfter(REPRIEVE_MS - 1), false);
    assert.equal(node.overAfter(1), true);
    assert.equal(node.overAfter(MOST_MS), false);
  });

  it('is told dead within a second, sweep included', () => assert.ok(REPRIEVE_MS + 2 * SWEEP_MS < 1000));

  it('is not dead when it is back, and granted one again the next time', () => {
    const node = new Setting();
    node.is({ state: 'up' });
    assert.equal(node.overAfter(10), false);
    assert.equal(node.overAfter(REPRIEVE_MS), false);
    node.reprieves.grant(node.is(SILENT), node.now);
    assert.equal(node.overAfter(REPRIEVE_MS - 1), false);
    assert.equal(node.overAfter(1), true);
  });

  it('may come back as draining', () => {
    const node = new Setting();
    node.is({ state: 'draining' });
    assert.equal(node.overAfter(REPRIEVE_MS), false);
  });

  it('has another when anything was heard, and then is as silent as before', () => {
    const node = new Setting();
    node.heard++;
    assert.equal(node.overAfter(REPRIEVE_MS), false);
    assert.equal(node.overAfter(REPRIEVE_MS - 1), false);
    assert.equal(node.overAfter(1), true);
  });

  it('has as long when the worker itself was held up: what was said may not be read yet', () => {
    const node = new Setting();
    node.now += 60_000;
    assert.equal(node.look(), false);
    node.heard++;
    assert.equal(node.overAfter(REPRIEVE_MS), false);
  });

  it('has another while it answers its polls', () => {
    const node = new Setting();
    node.is({ state: 'down', silence: 'over' });
    assert.equal(node.overAfter(REPRIEVE_MS), false);
    node.is(SILENT);
    assert.equal(node.overAfter(REPRIEVE_MS), true);
  });

  for (const [what, about] of [
    ['refuses or breaks connections', { state: 'down', silence: undefined }],
    ['is another instance', { ...SILENT, instanceId: 'b' }],
    ['is back as another instance', { state: 'up', instanceId: 'b' }],
    ['goes to maintenance', { ...SILENT, operator: 'maintenance' }],
    ['is removed', undefined],
  ] as const) {
    it(`is dead at once when it ${what}`, () => {
      const node = new Setting({ ...SILENT, instanceId: 'a' });
      node.is(about);
      assert.equal(node.overAfter(0), true);
      assert.equal(node.overAfter(0), false);
    });
  }

  it('is the same when it begins to say which process it is', () => {
    const node = new Setting();
    node.is({ state: 'up', instanceId: 'a' });
    assert.equal(node.overAfter(0), false);
  });
});

it('a node that is down for another reason has none', () => {
  const node = new Setting({ state: 'down' });
  assert.equal(node.granted, false);
  assert.equal(node.overAfter(MOST_MS), false);
});

describe('whatever is heard', () => {
  const steps = fc.array(
    fc.record({ ms: fc.integer({ min: 1, max: 400 }), heard: fc.boolean(), polled: fc.boolean() }),
    { maxLength: 200 },
  );

  it('a reprieve ends with the silence, and in any case some time', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const node = new Setting();
        let lastHeard = 0;
        // However little time the steps take together, silence follows.
        for (const { ms, heard, polled } of [...steps, { ms: 2 * REPRIEVE_MS, heard: false, polled: false }]) {
          if (heard) node.heard++;
          node.is({ state: 'down', silence: polled ? 'over' : 'lasting' });
          if (heard || polled) lastHeard = node.now;
          if (!node.overAfter(ms)) {
            assert.ok(node.now < MOST_MS + REPRIEVE_MS);
            assert.ok(node.now - lastHeard < 2 * REPRIEVE_MS, `${node.now} ${lastHeard}`);
            continue;
          }
          assert.ok(node.now >= REPRIEVE_MS);
          return;
        }
        assert.fail('it never ended');
      }),
    );
  });
});
