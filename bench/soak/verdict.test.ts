import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Incident } from './faults.ts';
import type { Failure } from './load/tally.ts';
import type { Session } from './protocol.ts';
import { explain, isMisrouted, type Stray } from './verdict.ts';

const session: Session = { node: 'a', instance: 'i', token: '1', userToken: 'u' };
const incident = (fault: Incident['fault'], node = 'a', from = 10_000, until = 20_000): Incident => ({
  fault,
  node,
  from,
  until,
});
const failure = (more: Partial<Failure>): Failure => ({
  id: 'page-1',
  kind: 'page',
  idempotent: true,
  from: 15_000,
  until: 15_100,
  session: undefined,
  sessionSince: 0,
  what: 'status',
  status: 503,
  code: '',
  detail: '',
  ...more,
});
const bound = (more: Partial<Failure>): Failure => failure({ kind: 'poll', idempotent: false, session, ...more });
const told = bound({ code: 'node_unreachable' });
const lost = bound({ code: 'session_lost' });
const closed = bound({ kind: 'socket', what: 'cut', status: 0 });
const unknown = bound({ status: 404 });
const create = failure({ kind: 'create', idempotent: false, status: 502, code: 'node_failed' });

describe('a failure', () => {
  for (const [what, given, incidents, explained] of [
    ['without any fault', told, [], false],
    ['of a bound request whose node is killed', told, [incident('killed')], true],
    ['of a bound request while another node is killed', told, [incident('killed', 'b')], false],
    ['before the fault', { ...told, from: 8_000, until: 9_000 }, [incident('killed')], false],
    ['that begins before the fault and ends in it', { ...told, from: 8_000, until: 11_000 }, [incident('hung')], true],
    ['long after the fault', { ...told, from: 40_000, until: 40_100 }, [incident('hung')], false],
    ['of a bound request whose node drains', told, [incident('drain')], false],
    ['of a WebSocket whose node is in maintenance', closed, [incident('maintenance')], true],
    ['of a WebSocket whose node drains', closed, [incident('drain')], false],
    ['of a WebSocket while workers are replaced', closed, [incident('renewed', '')], false],
    ['of a WebSocket while a worker is killed', closed, [incident('worker-killed', '')], true],
    [
      'of a session long after its node was restarted',
      { ...lost, from: 90_000, until: 90_100 },
      [incident('killed')],
      true,
    ],
    ['of a session before its node was restarted', { ...lost, from: 8_000, until: 8_100 }, [incident('killed')], false],
    [
      'of a session that began after the restart',
      { ...lost, from: 40_000, until: 40_100, sessionSince: 30_000 },
      [incident('killed')],
      false,
    ],
    ['of a session whose node was only away', lost, [incident('hung')], true],
    ['404 while its node is not configured', unknown, [incident('removed')], true],
    ['404 of a strictly bound request while its node hangs', unknown, [incident('hung')], false],
    ['404 of a look while its node hangs', { ...unknown, kind: 'look' }, [incident('hung')], true],
    ['of a page while a node is killed', failure({ code: 'no_node_available' }), [incident('killed')], false],
    ['of a page that a killed node had begun to answer', failure({ what: 'cut' }), [incident('killed')], true],
    ['of a page without an answer while a node is killed', failure({ what: 'reset' }), [incident('killed')], false],
    ['of a page while a worker is killed', failure({ what: 'reset' }), [incident('worker-killed', '')], true],
    ['of a creation that a killed node may have done', create, [incident('killed')], true],
    ['of a creation while the configuration is reloaded', create, [incident('weights', '')], false],
    [
      'an answer of another request, whatever happens',
      failure({ what: 'wrong' }),
      [incident('worker-killed', '')],
      false,
    ],
    ['no answer at all, whatever happens', failure({ what: 'timeout' }), [incident('hung')], false],
  ] as const) {
    test(`${what} is ${explained ? 'explained' : 'a violation'}`, () => {
      assert.equal(explain(given as Failure, incidents) !== undefined, explained);
    });
  }
});

describe('a bound request at a node that does not have its session', () => {
  const stray = (more: Partial<Stray> = {}): Stray => ({
    id: 'poll-1',
    at: 15_000,
    session: 'a/i/1',
    whose: 'foreign',
    ...more,
  });
  for (const [what, given, incidents, misrouted] of [
    ["another node's", stray(), [], true],
    ['of an earlier instance', stray({ whose: 'earlier' }), [], false],
    ['of this instance, which never had it', stray({ whose: 'unknown' }), [incident('removed')], true],
    ['whose node is not configured', stray(), [incident('removed')], false],
    ['whose node was not configured, long ago', stray({ at: 90_000 }), [incident('removed')], true],
    ['whose node is killed', stray(), [incident('killed')], true],
    ['a look whose node is hung', stray({ id: 'look-1' }), [incident('hung')], false],
    ['a look whose node was restarted', stray({ id: 'look-1', at: 90_000 }), [incident('killed')], false],
    ['a look before its node was killed', stray({ id: 'look-1', at: 9_000 }), [incident('killed')], true],
    ['a look while another node is hung', stray({ id: 'look-1' }), [incident('hung', 'b')], true],
  ] as const) {
    test(`${what}: ${misrouted ? 'misrouted' : 'as it should be'}`, () => {
      assert.equal(isMisrouted(given, incidents), misrouted);
    });
  }
});
