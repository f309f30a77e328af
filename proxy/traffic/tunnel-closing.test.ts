import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { TunnelClosing } from './tunnel-closing.ts';
import type { OpenTunnel } from './worker-context.ts';

/** So many tunnels to `a`, which is in maintenance, and one to `b`. */
function setUp(t: TestContext, count: number) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const tunnels = new Set<OpenTunnel>();
  const causes: string[] = [];
  const open = (nodeName: string): void => {
    const tunnel: OpenTunnel = {
      nodeName,
      end(cause) {
        tunnels.delete(tunnel);
        causes.push(cause);
      },
    };
    tunnels.add(tunnel);
  };
  for (let n = 0; n < count; n++) open('a');
  open('b');
  const operator = { a: 'maintenance' };
  const closing = new TunnelClosing(tunnels, () => operator.a === 'maintenance');
  /** How many are closed after so many tenths of a second more. */
  const after = (tenths: number): number => {
    for (let n = 0; n < tenths; n++) t.mock.timers.tick(100);
    return causes.length;
  };
  return { closing, operator, causes, tunnels, after };
}

describe('closing the tunnels to a node', () => {
  for (const perSecond of [1, 2.5, 14, 50]) {
    it(`keeps a pace of ${perSecond} a second, also where an interval gets no whole tunnel`, (t) => {
      const { closing, after } = setUp(t, 1000);
      closing.close('a', perSecond, 'drained');
      assert.ok(Math.abs(after(100) - perSecond * 10) <= 1);
    });
  }

  it('ends with the last, and leaves other nodes alone', (t) => {
    const { closing, causes, tunnels, after } = setUp(t, 3);
    closing.close('a', 10, 'drained');
    after(10);
    assert.deepEqual(causes, ['drained', 'drained', 'drained']);
    assert.deepEqual(
      [...tunnels].map(({ nodeName }) => nodeName),
      ['b'],
    );
  });

  it('is over when the node is ready again', (t) => {
    const { closing, operator, after } = setUp(t, 100);
    closing.close('a', 10, 'drained');
    const closed = after(5);
    operator.a = 'ready';
    assert.equal(after(50), closed);
    operator.a = 'maintenance';
    assert.equal(after(50), closed, 'that took another order');
  });

  it('keeps its pace when the order is repeated, and takes another one', (t) => {
    const { closing, after } = setUp(t, 100);
    for (let n = 0; n < 3; n++) closing.close('a', 10, 'drained');
    assert.ok(Math.abs(after(20) - 20) <= 1);
    closing.close('a', 20, 'drained');
    assert.ok(Math.abs(after(10) - 40) <= 2);
  });

  it('goes over to the pace of a shutdown, which no operator changes', (t) => {
    const { closing, operator, causes, after } = setUp(t, 100);
    closing.close('a', 1, 'drained');
    closing.close('a', 10, 'shutdown');
    operator.a = 'ready';
    closing.close('a', 1, 'drained');
    after(110);
    assert.deepEqual(
      causes,
      Array.from({ length: 100 }, () => 'shutdown'),
    );
  });

  it('is done in one interval where there is no time', (t) => {
    const { closing, after } = setUp(t, 100);
    closing.close('a', Number.POSITIVE_INFINITY, 'shutdown');
    assert.equal(after(1), 100);
  });
});
