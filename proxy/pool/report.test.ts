import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HealthReport } from './health.ts';
import { type AnswerHeaders, isInstanceId, readHealthAnswer } from './report.ts';

function reportOf(headers: AnswerHeaders, status = 200): HealthReport | undefined {
  const result = readHealthAnswer(status, headers);
  return result.kind === 'ok' ? result.report : undefined;
}

describe('the answer to a health poll', () => {
  it('needs no header: a Genesys node sends none', () => {
    assert.deepEqual(reportOf({}), {
      instanceId: undefined,
      draining: false,
      sessions: undefined,
      capacity: undefined,
    });
  });

  it('may say all four things', () => {
    const headers = {
      'x-cobrowse-instance': '3f2c-1',
      'x-cobrowse-state': 'draining',
      'x-cobrowse-live-sessions': '7',
      'x-cobrowse-capacity': '500',
    };
    assert.deepEqual(reportOf(headers), { instanceId: '3f2c-1', draining: true, sessions: 7, capacity: 500 });
  });

  for (const status of [199, 300, 302, 404, 500, 503]) {
    it(`is a failure with status ${status}`, () => {
      assert.deepEqual(readHealthAnswer(status, {}), { kind: 'failed', reason: 'status' });
      assert.equal(readHealthAnswer(status, { 'x-cobrowse-state': 'ready' }).kind, 'failed');
    });
  }

  it('is a success with 503 of a draining node, and with no other status', () => {
    assert.equal(reportOf({ 'x-cobrowse-state': 'draining' }, 503)?.draining, true);
    assert.equal(reportOf({ 'x-cobrowse-state': 'Draining' }, 503)?.draining, true);
    assert.equal(readHealthAnswer(500, { 'x-cobrowse-state': 'draining' }).kind, 'failed');
  });

  for (const odd of ['', '-1', '1.5', '0x10', '1e3', ' 7', 'NaN', '99999999999', '4000000000']) {
    it(`says no count with ${JSON.stringify(odd)}`, () => {
      const report = reportOf({ 'x-cobrowse-live-sessions': odd, 'x-cobrowse-capacity': odd });
      assert.deepEqual([report?.sessions, report?.capacity], [undefined, undefined]);
    });
  }

  it('says nothing with a repeated header', () => {
    assert.equal(reportOf({ 'x-cobrowse-instance': ['a', 'b'] })?.instanceId, undefined);
    assert.equal(reportOf({ 'x-cobrowse-state': ['draining', 'draining'] })?.draining, false);
  });

  it('says no instance with what could forge a line or fill the memory', () => {
    for (const odd of ['a b', 'a\u001b[0m', '"', 'x'.repeat(129)]) {
      assert.equal(reportOf({ 'x-cobrowse-instance': odd })?.instanceId, undefined);
    }
  });

  it('never has an odd value, whatever the headers', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (instance, state, number) => {
        const report = reportOf({
          'x-cobrowse-instance': instance,
          'x-cobrowse-state': state,
          'x-cobrowse-live-sessions': number,
        });
        assert.ok(report);
        assert.ok(report.sessions === undefined || (Number.isSafeInteger(report.sessions) && report.sessions >= 0));
        assert.ok(report.instanceId === undefined || /^[\x21-\x7e]{1,128}$/.test(report.instanceId));
      }),
    );
  });
});

it('an instance id is letters, digits, dots, underscores, colons and dashes', () => {
  for (let code = 0; code < 0x200; code++) {
    const character = String.fromCharCode(code);
    assert.equal(isInstanceId(`x${character}`), /[A-Za-z0-9._:-]/.test(character), `U+${code.toString(16)}`);
  }
  assert.deepEqual(['', 'x'.repeat(128), 'x'.repeat(129)].map(isInstanceId), [false, true, false]);
});
