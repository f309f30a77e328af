import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RequestIds } from './request-id.ts';

describe('request ids', () => {
  for (const id of ['1', 'a'.repeat(128), '0190-ab_c.d~e:f+g/h=', 'Root=1-67891233-abcdef012345678912345678']) {
    it(`${id.slice(0, 40)} is taken over`, () => assert.equal(new RequestIds().take(id), id));
  }

  it('that could forge a line of a log, or fill it, are replaced (CWE-117)', () => {
    const ids = new RequestIds();
    for (const id of [
      '',
      ' ',
      'a b',
      'a\tb',
      'a"b',
      'a\\b',
      'a,b',
      '\x1b[31m',
      '{}',
      'a\x7f',
      '\xe9',
      'a'.repeat(129),
    ]) {
      assert.notEqual(ids.take(id), id);
    }
  });

  it('are never anything but visible ASCII of at most 128 characters', () => {
    const ids = new RequestIds();
    fc.assert(fc.property(fc.string(), (received) => assert.match(ids.take(received), /^[!-~]{1,128}$/)));
  });

  it('of its own are unique, within a process and among processes', () => {
    const one = new RequestIds();
    const other = new RequestIds();
    const made = Array.from({ length: 1000 }, () => [one.take(''), other.take('')]).flat();
    assert.equal(new Set(made).size, made.length);
  });
});
