import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTraceContext, traceFields } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PARENT = `00-${TRACE}-${SPAN}-01`;

/** Most of them are cases of the W3C's own test suite. */
const PARENTS: readonly (readonly [what: string, text: string, flags: number | undefined])[] = [
  ['sampled', PARENT, 1],
  ['not sampled', `00-${TRACE}-${SPAN}-00`, 0],
  ['level 2, random', `00-${TRACE}-${SPAN}-03`, 3],
  ['flags without a meaning', `00-${TRACE}-${SPAN}-ff`, 3],
  ['a version to come', `cc-${TRACE}-${SPAN}-01`, 1],
  ['a version to come, with more', `cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1],
  ['a version to come, with more and no dash', `cc-${TRACE}-${SPAN}-01.what-the-future-will-be-like`, undefined],
  ['version ff', `ff-${TRACE}-${SPAN}-01`, undefined],
  ['none', '', undefined],
  ['several', ' ', undefined],
  ['several in one line', `${PARENT},${PARENT}`, undefined],
  ['version 00 with more', `${PARENT}-01`, undefined],
  ['a dash at the end', `${PARENT}-`, undefined],
  ['an illegal character in the version', `.0-${TRACE}-${SPAN}-01`, undefined],
  ['a version too short', `0-${TRACE}-${SPAN}-01`, undefined],
  ['a version too long', `000-${TRACE}-${SPAN}-01`, undefined],
  ['a trace id of zeroes', `00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
  ['a trace id too short', `00-${TRACE.slice(1)}-${SPAN}-01`, undefined],
  ['a trace id too long', `00-${TRACE}0-${SPAN}-01`, undefined],
  ['a trace id in capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
  ['an illegal character in the trace id', `00-.${TRACE.slice(1)}-${SPAN}-01`, undefined],
  ['a parent id of zeroes', `00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
  ['a parent id too short', `00-${TRACE}-${SPAN.slice(1)}-01`, undefined],
  ['a parent id too long', `00-${TRACE}-${SPAN}0-01`, undefined],
  ['an illegal character in the parent id', `00-${TRACE}-.${SPAN.slice(1)}-01`, undefined],
  ['flags too short', `00-${TRACE}-${SPAN}-1`, undefined],
  ['flags too long', `00-${TRACE}-${SPAN}-001`, undefined],
  ['an illegal flag', `00-${TRACE}-${SPAN}-.0`, undefined],
  ['underscores', PARENT.replaceAll('-', '_'), undefined],
];

describe('a traceparent', () => {
  for (const [what, text, flags] of PARENTS) {
    it(`${what}: ${flags === undefined ? 'is none' : 'counts'}`, () => {
      const expected = flags === undefined ? undefined : { traceId: TRACE, parentId: SPAN, flags, state: '' };
      assert.deepEqual(readTraceContext(text, ''), expected);
      if (flags === undefined) assert.equal(readTraceContext(text, 'foo=1'), undefined, 'and takes the state with it');
    });
  }
});

const members = (count: number): string => Array.from({ length: count }, (_, i) => `bar${i}=${i}`).join(',');

const STATES: readonly (readonly [what: string, text: string, counts: boolean])[] = [
  ['one member', 'foo=1', true],
  ['two', 'foo=1,bar=2', true],
  ['blanks around a comma', 'foo=1 \t , \t bar=2, \t baz=3', true],
  ['empty members', ',foo=1,,bar=2,', true],
  ['the same key twice', 'foo=1,foo=2', true],
  ['all characters of a key', 'a0_-*/@=1', true],
  ['a digit first', '0foo=1', true],
  ['a tenant', '0tenant@system=1', true],
  ['a long key', `${'z'.repeat(256)}=1`, true],
  ['a long tenant', `${'t'.repeat(241)}@${'v'.repeat(14)}=1`, true],
  ['a long value', `foo=${'1'.repeat(256)}`, true],
  ['all characters of a value', 'foo=!"#$%&\'()*+-./0:;<>?@Az[\\]^_`z{|}~ .', true],
  ['32 members', members(32), true],
  ['33 members', members(33), false],
  ['nothing but commas', ',,', false],
  ['no value', 'foo=', false],
  ['no key', '=1', false],
  ['no equals sign', 'foo', false],
  ['two equals signs', 'foo=1=2', false],
  ['an equals sign of the next', 'foo,bar=2', false],
  ['a blank in a key', 'foo =1', false],
  ['a capital', 'FOO=1', false],
  ['a dot in a key', 'foo.bar=1', false],
  ['no tenant', '@foo=1', false],
  ['a key too long', `${'z'.repeat(257)}=1`, false],
  ['a value too long', `foo=${'1'.repeat(257)}`, false],
  ['a tab in a value', 'foo=1\t2', false],
  ['a byte beyond ASCII', 'foo=\xe9', false],
];

describe('a tracestate', () => {
  for (const [what, state, counts] of STATES) {
    it(`${what}: ${counts ? 'is kept as it is' : 'is dropped, and the traceparent stays'}`, () => {
      assert.deepEqual(readTraceContext(PARENT, state), {
        traceId: TRACE,
        parentId: SPAN,
        flags: 1,
        state: counts ? state : '',
      });
    });
  }
});

it('the lines for the next say who calls', () => {
  assert.equal(traceFields(TRACE, SPAN, 1, ''), `traceparent: ${PARENT}\r\n`);
  assert.equal(traceFields(TRACE, SPAN, 1, 'foo=1'), `traceparent: ${PARENT}\r\ntracestate: foo=1\r\n`);
});
