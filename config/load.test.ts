import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { loadConfig } from './load.ts';
import { formatProblem } from './problems.ts';

const directory = mkdtempSync(join(tmpdir(), 'load-'));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'config.yaml');

/** Small, with one of each kind of option. */
const schema = z.strictObject({
  name: z.string().default('x'),
  retries: z.int().min(0).max(9).default(3),
  ratio: z.number().min(0).default(0.5),
  quiet: z.boolean().default(false),
  mode: z.enum(['on', 'off', 'auto']).default('auto'),
  workers: z.union([z.literal('auto'), z.int().min(1).max(256)]).default('auto'),
  health: z.strictObject({ fastInterval: z.string().regex(/s$/, 'expected seconds').default('1s') }).prefault({}),
  nodes: z
    .array(z.strictObject({ name: z.string(), weight: z.int().min(1).default(1) }))
    .min(1)
    .max(3),
  labels: z.record(z.string(), z.string()).default({}),
  tags: z.array(z.string()).default(['d']),
});

function load(text: string | undefined, environment: NodeJS.ProcessEnv = {}) {
  if (text !== undefined) writeFileSync(file, text);
  return loadConfig(schema, { ...(text !== undefined && { file }), environment, prefix: 'T_' });
}

function problemsOf(text: string | undefined, environment: NodeJS.ProcessEnv = {}): string[] {
  const result = load(text, environment);
  return result.ok ? [] : result.problems.map((problem) => formatProblem(problem).replace(file, 'c.yaml'));
}

function configOf(text: string | undefined, environment: NodeJS.ProcessEnv = {}) {
  const result = load(text, environment);
  assert.ok(result.ok, problemsOf(text, environment).join('\n'));
  return result.config;
}

const NODES = 'nodes: [{ name: a }]\n';
const KEYS = 'name, retries, ratio, quiet, mode, workers, health, nodes, labels, tags';

test('what a file says wrong is told with file, line, column, path and what was expected', () => {
  const cases: [string, string[]][] = [
    [`${NODES}retries: abc`, ['c.yaml:2:10: retries: expected a whole number from 0 to 9, got "abc"']],
    [`${NODES}retries: 10`, ['c.yaml:2:10: retries: expected a whole number from 0 to 9, got 10']],
    [`${NODES}retries: 1.5`, ['c.yaml:2:10: retries: expected a whole number from 0 to 9, got 1.5']],
    [`${NODES}retries:`, ['c.yaml:2:9: retries: expected a whole number from 0 to 9, got nothing (null)']],
    [`${NODES}ratio: .nan`, ['c.yaml:2:8: ratio: expected a number of at least 0, got NaN']],
    [`${NODES}quiet: yes`, ['c.yaml:2:8: quiet: expected true or false, got "yes"']],
    [`${NODES}mode: [on]`, ['c.yaml:2:7: mode: expected on, off or auto, got a list of 1 entry']],
    [`${NODES}workers: 0`, ['c.yaml:2:10: workers: expected auto or a whole number from 1 to 256, got 0']],
    [`${NODES}name: 5`, ['c.yaml:2:7: name: expected text, got 5']],
    [`${NODES}health: 5`, ['c.yaml:2:9: health: expected a mapping with the keys fastInterval, got 5']],
    [`${NODES}health:\n  fastInterval: 5m`, ['c.yaml:3:17: health.fastInterval: expected seconds, got "5m"']],
    [
      `${NODES}health: { fastIntervall: 5s }`,
      ['c.yaml:2:11: health.fastIntervall: unknown key: did you mean fastInterval?'],
    ],
    [`${NODES}"a\\nb": 1`, [`c.yaml:2:1: ["a\\nb"]: unknown key: expected one of ${KEYS}`]],
    [`${NODES}__proto__: { retries: 1 }`, [`c.yaml:2:1: __proto__: unknown key: expected one of ${KEYS}`]],
    [`${NODES}labels: { a: 1 }`, ['c.yaml:2:14: labels.a: expected another value, got 1']],
    ['nodes: []', ['c.yaml:1:8: nodes: expected a list of 1 to 3 entries, got a list of 0 entries']],
    ['nodes: { name: a }', ['c.yaml:1:8: nodes: expected a list of 1 to 3 entries, got a mapping of 1 key']],
    ['# none\nname: x', ['c.yaml:2:1: nodes: missing: expected a list of 1 to 3 entries']],
    ['nodes:\n  - name: a\n  - weight: 2', ['c.yaml:3:5: nodes[1].name: missing: expected text']],
    ['nodes: [a]', ['c.yaml:1:9: nodes[0]: expected a mapping with the keys name, weight, got "a"']],
    [
      'a: &n [{ name: 1 }]\nnodes: *n',
      [`c.yaml:1:1: a: unknown key: expected one of ${KEYS}`, 'c.yaml:1:16: nodes[0].name: expected text, got 1'],
    ],
    [
      `${NODES}retries: 1\nname: a\nretries: 2`,
      ['c.yaml:4:1: retries: expected the key once, got it again (first on line 2)'],
    ],
    [
      'nodes: [{ name: a, name: b }]',
      ['c.yaml:1:20: nodes[0].name: expected the key once, got it again (first on line 1)'],
    ],
    [`${NODES}? [a]\n: 1`, ['c.yaml:2:3: expected a plain key']],
  ];
  for (const [text, expected] of cases) assert.deepEqual(problemsOf(text).toSorted(), expected.toSorted(), text);
});

test('what is no configuration at all is refused in one line', () => {
  const empty = 'c.yaml:1:1: expected a mapping of options, got an empty document';
  const billion = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (const [one, two] of ['ab', 'bc', 'cd']) {
    billion.push(`${two}: &${two} [${Array(10).fill(`*${one}`).join(', ')}]`);
  }
  const cases: [string, string][] = [
    ['', empty],
    ['# nothing\n', empty],
    ['---\n', empty],
    ['null', empty],
    ['- a', `c.yaml:1:1: expected a mapping with the keys ${KEYS}, got a list of 1 entry`],
    ['just text', `c.yaml:1:1: expected a mapping with the keys ${KEYS}, got "just text"`],
    [`${NODES}---\n${NODES}`, 'c.yaml:2:1: expected one document, got a second one'],
    ['name: "x', 'c.yaml:1:9: not valid YAML: Missing closing "quote'],
    ['\tname: x', 'c.yaml:1:1: not valid YAML: Tabs are not allowed as indentation'],
    ['name: *x', 'c.yaml:1:7: name: expected an alias of an anchor set before it, got *x'],
    [billion.join('\n'), 'c.yaml:1:1: not valid YAML: Excessive alias count indicates a resource exhaustion attack'],
  ];
  for (const [text, expected] of cases) assert.deepEqual(problemsOf(text), [expected], text.slice(0, 40));
  assert.match(problemsOf('['.repeat(50_000))[0] ?? '', /^c\.yaml:1:\d+: not valid YAML: nested too deeply$/);
  assert.ok(problemsOf('a: [}\n'.repeat(1000)).length <= 10);
});

test('a foreign tag and a loop of aliases are refused', () => {
  assert.deepEqual(problemsOf(`${NODES}name: !secret x`), ['c.yaml:2:7: not understood: Unresolved tag: !secret']);
  assert.deepEqual(problemsOf('nodes: &n [*n]'), [
    'c.yaml:1:12: nodes[0]: expected a mapping with the keys name, weight, got a list of 1 entry',
  ]);
});

test('a file that cannot be read is one line, beside what the environment says wrong', () => {
  const absent = join(directory, 'absent.yaml');
  const result = loadConfig(schema, { file: absent, environment: { T_NOPE: '1' }, prefix: 'T_' });
  assert.deepEqual(!result.ok && result.problems.map(formatProblem), [
    `${absent}: cannot be read: no such file`,
    'T_NOPE: unknown variable: expected T_ and the path of an option',
  ]);
});

test('all problems are told at once, in the order of reading', () => {
  const text = 'retries: abc\nmode: of\nnodes:\n  - name: 1\n    wieght: 2\n';
  assert.deepEqual(problemsOf(text, { T_QUIET: 'maybe', T_HEALTH_FAST_INTERVALL: '1s' }), [
    'c.yaml:1:10: retries: expected a whole number from 0 to 9, got "abc"',
    'c.yaml:2:7: mode: expected on, off or auto, got "of"',
    'c.yaml:4:11: nodes[0].name: expected text, got 1',
    'c.yaml:5:5: nodes[0].wieght: unknown key: did you mean weight?',
    'T_HEALTH_FAST_INTERVALL: unknown variable: expected T_ and the path of an option; did you mean T_HEALTH_FAST_INTERVAL?',
    'T_QUIET: quiet: expected true or false, got "maybe"',
  ]);
});

test('the environment wins over the file, as the type of the option', () => {
  const text = `${NODES}retries: 1\nname: file\nhealth: { fastInterval: 2s }\ntags: [a, b]\n`;
  const config = configOf(text, {
    T_RETRIES: '2',
    T_NAME: '007',
    T_QUIET: 'true',
    T_MODE: 'on',
    T_WORKERS: '4',
    T_RATIO: '1e-1',
    T_HEALTH_FAST_INTERVAL: '3s',
    T_NODES_0_WEIGHT: '7',
    T_NODES_1_NAME: 'b',
    T_TAGS_1: 'null',
    T_LABELS: '{ k: v }',
    OTHER_NAME: 'not ours',
  });
  assert.deepEqual(config, {
    name: '007',
    retries: 2,
    ratio: 0.1,
    quiet: true,
    mode: 'on',
    workers: 4,
    health: { fastInterval: '3s' },
    nodes: [
      { name: 'a', weight: 7 },
      { name: 'b', weight: 1 },
    ],
    labels: { k: 'v' },
    tags: ['a', 'null'],
  });
});

test('a whole list or mapping replaces that of the file, its parts come after', () => {
  const config = configOf('nodes: [{ name: a }, { name: b }]\ntags: [a, b]\n', {
    T_NODES_1_WEIGHT: '9',
    T_NODES: '[{ name: c, weight: 2 }, { name: d }]',
    T_TAGS: '[]',
  });
  assert.deepEqual(config.nodes, [
    { name: 'c', weight: 2 },
    { name: 'd', weight: 9 },
  ]);
  assert.deepEqual(config.tags, []);
});

test('a list that the file does not give begins empty', () => {
  assert.deepEqual(configOf(NODES, { T_TAGS_0: 'e' }).tags, ['e']);
});

test('an entry shared by an alias is changed in one place only', () => {
  const config = configOf('nodes: [&n { name: a }, *n]', { T_NODES_1_NAME: 'b' });
  assert.deepEqual(
    config.nodes.map((node) => node.name),
    ['a', 'b'],
  );
});

test('without a file the environment may say everything', () => {
  assert.deepEqual(configOf(undefined, { T_NODES_0_NAME: 'a' }).nodes, [{ name: 'a', weight: 1 }]);
  assert.deepEqual(problemsOf(undefined), ['T_NODES: nodes: missing: expected a list of 1 to 3 entries']);
});

test('what a variable says wrong is told by its name', () => {
  const cases: [NodeJS.ProcessEnv, string[]][] = [
    [{ T_RETRIES: 'abc' }, ['T_RETRIES: retries: expected a whole number from 0 to 9, got "abc"']],
    [{ T_RETRIES: '' }, ['T_RETRIES: retries: expected a whole number from 0 to 9, got ""']],
    [{ T_RETRIES: '[1' }, ['T_RETRIES: retries: expected a whole number from 0 to 9, got "[1"']],
    [{ T_RETRIES: '{ a: 1 }' }, ['T_RETRIES: retries: expected a whole number from 0 to 9, got "{ a: 1 }"']],
    [
      { T_NODES: '[{ name: a' },
      ['T_NODES: nodes: not valid YAML: Flow map in block collection must be sufficiently indented and end with a }'],
    ],
    [{ T_NODES: '' }, ['T_NODES: nodes: expected a list of 1 to 3 entries, got ""']],
    [{ T_NODES: '[{ name: a, nmae: b }]' }, ['T_NODES: nodes[0].nmae: unknown key: did you mean name?']],
    [
      { T_NODES: '[{ name: a, name: b }]' },
      ['T_NODES: nodes[0].name: expected the key once, got it again (first on line 1)'],
    ],
    [{ T_NODES: '[{ weight: 1 }]' }, ['T_NODES: nodes[0].name: missing: expected text']],
    [{ T_NODES_1_WEIGHT: '2' }, ['T_NODES_1_NAME: nodes[1].name: missing: expected text']],
    [
      { T_NODES_2_NAME: 'c' },
      ['T_NODES_2_NAME: nodes[2].name: expected an index from 0 to 1, since the list has 1 entry, got 2'],
    ],
    [
      { T_NODES_00_NAME: 'c' },
      ['T_NODES_00_NAME: unknown variable: expected T_ and the path of an option; did you mean T_NODES_0_NAME?'],
    ],
    [{ T_NAME_FIRST: 'c' }, ['T_NAME_FIRST: unknown variable: expected T_ and the path of an option']],
    [
      { T_NODES_0_NAMES: 'c' },
      ['T_NODES_0_NAMES: unknown variable: expected T_ and the path of an option; did you mean T_NODES_0_NAME?'],
    ],
    [
      { T_HEALTH_FASTINTERVAL: '1s' },
      [
        'T_HEALTH_FASTINTERVAL: unknown variable: expected T_ and the path of an option; did you mean T_HEALTH_FAST_INTERVAL?',
      ],
    ],
    [{ T_: '1' }, ['T_: unknown variable: expected T_ and the path of an option']],
    [{ 'T_\u001b[2J': '1' }, ['T_\\u{1b}[2J: unknown variable: expected T_ and the path of an option']],
  ];
  for (const [environment, expected] of cases) assert.deepEqual(problemsOf(NODES, environment), expected);
});

test('a part set of something that cannot have parts leaves the complaint to the file', () => {
  assert.deepEqual(problemsOf(`${NODES}health:\n`, { T_HEALTH_FAST_INTERVAL: '1s' }), [
    'c.yaml:2:8: health: expected a mapping with the keys fastInterval, got nothing (null)',
  ]);
});

test('service links of Kubernetes are not options', () => {
  assert.deepEqual(configOf(NODES, { T_PORT: 'tcp://10.0.0.1:80', T_SERVICE_HOST: '10.0.0.1' }), configOf(NODES));
});

test('the configuration is frozen to the bottom', () => {
  const config = configOf(NODES);
  for (const part of [config, config.health, config.nodes, config.nodes[0], config.tags])
    assert.ok(Object.isFrozen(part));
});
