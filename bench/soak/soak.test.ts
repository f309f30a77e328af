/** The soak works: its parts, and a small one of some seconds. Outcomes only, nothing that a busy machine changes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compiled } from '../../config/testing/compiled.ts';
import { UsageError } from '../harness/arguments.ts';
import { isAnswerTo } from './load/ask.ts';
import { readAnswers } from './load/pipelined.ts';
import { KINDS } from './load/tally.ts';
import { readOptions } from './options.ts';
import { formatSession, whoseIs } from './protocol.ts';
import { Random } from './random.ts';
import { render, report } from './report.ts';
import type { PlannedFault } from './schedule.ts';
import { soak } from './soak.ts';

describe('options', () => {
  test('ten minutes, and a seed of its own, unless told otherwise', () => {
    assert.deepEqual(readOptions([], 5), { seed: 5, durationMs: 600_000, scale: 1, json: undefined });
    const given = ['--minutes', '0.5', '--seed', '7', '--scale', '0.2', '--json', '-'];
    assert.deepEqual(readOptions(given, 5), { seed: 7, durationMs: 30_000, scale: 0.2, json: '-' });
    assert.equal(readOptions(['--help'], 5), undefined);
  });

  for (const args of [['--minutes', '0'], ['--minutes', 'x'], ['--seed', '-1'], ['--scale', '1e9'], ['--what']]) {
    test(`${args.join(' ')} makes no sense`, () => {
      assert.throws(() => readOptions(args, 5), UsageError);
    });
  }
});

test('random numbers stay within their bounds and reach them', () => {
  const random = new Random(3);
  const seen = new Set(Array.from({ length: 200 }, () => random.between(2, 5)));
  assert.deepEqual([...seen].toSorted(), [2, 3, 4, 5]);
});

test('a node knows whose a bound request is', () => {
  const self = { node: 'a', instance: 'i' };
  const whose = (more: object): string => {
    return whoseIs(formatSession({ ...self, token: '1', userToken: 'u', ...more }), self, (token) => token === '1');
  };
  assert.deepEqual([{}, { node: 'b' }, { instance: 'j' }, { token: '2' }].map(whose), [
    'own',
    'foreign',
    'earlier',
    'unknown',
  ]);
});

test('an answer is one to a request when it names its id and its target', () => {
  const body = JSON.stringify({ id: 'page-1', target: '/x' });
  assert.equal(isAnswerTo(body, 'page-1', '/x'), true);
  assert.equal(isAnswerTo(body, 'page-2', '/x'), false);
  assert.equal(isAnswerTo(body, 'page-1', '/y'), false);
  assert.equal(isAnswerTo('{', 'page-1', '/x'), false);
});

test('answers on one connection are told apart, and what is not whole is left over', () => {
  const answer = (status: number, body: string): string => {
    return `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n${status === 200 ? '' : 'Connection: close\r\n'}\r\n${body}`;
  };
  const { answers, rest } = readAnswers(
    `${answer(200, 'one')}${answer(503, '')}HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhal`,
  );
  assert.deepEqual(answers, [
    { status: 200, body: 'one', closes: false },
    { status: 503, body: '', closes: true },
  ]);
  assert.equal(rest, 'HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhal');
});

test('some seconds: everything that goes wrong is explained, and nothing stays', async () => {
  compiled(new URL('../../proxy/cli.ts', import.meta.url));
  const schedule: PlannedFault[] = [
    { fault: 'killed', node: 'CB_Server_1', atMs: 500, lastsMs: 500 },
    { fault: 'weights', value: 3, atMs: 1_000, lastsMs: 0 },
    { fault: 'worker-killed', value: 1, atMs: 1_500, lastsMs: 0 },
  ];
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const soaked = await soak({ seed: 1, durationMs: 8_000, scale: 0.2, schedule, say });
  const result = report(soaked);
  const text = render(result);
  // Memory of processes so young says nothing.
  const broken = result.checks.filter(({ rule, holds }) => !holds && !rule.endsWith('flat'));
  assert.deepEqual(broken, [], text);
  assert.match(text, /^seed 1, /);
  assert.ok(soaked.incidents.length > 0 && lines.length === soaked.incidents.length);
  assert.ok(KINDS.every((kind) => soaked.tally.ok[kind] > 0));
});
