import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { type KeyPath, variableName } from './key-path.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problems.ts';
import { proxySchema } from './proxy-schema.ts';

const directory = mkdtempSync(join(tmpdir(), 'load-property-'));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'config.yaml');
const prefix = 'COBROWSE_PROXY_';

type Options = Readonly<Record<string, unknown>>;

/** Any of these options, each present or not. */
function some(options: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Options> {
  return fc.record(options, { requiredKeys: [] });
}

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,8}$/);
const segment = fc.constantFrom('/a', '/cobrowse', '/x-1/y_2', '/true', '/1', '/');
const between = (least: number, most: number) => fc.integer({ min: least, max: most });
const ms = (least: number, most: number) => between(least, most).map((n) => `${n}ms`);
const port = between(1, 65_535);

const nodes = fc.uniqueArray(
  fc.record({ name: word, url: fc.tuple(port, segment), serverUrl: fc.boolean(), weight: fc.option(between(1, 256)) }),
  { minLength: 1, maxLength: 4, selector: (node) => node.name },
);

const nodeEntries = nodes.map((list) =>
  list.map(({ name, url: [, base], serverUrl, weight }, index) => ({
    name,
    url: `http://10.0.0.${index}:8700${base}`,
    ...(serverUrl && { serverUrl: `https://node-${index}.example${base}` }),
    ...(weight !== null && { weight }),
  })),
);

const routes = fc
  .array(some({ method: fc.constantFrom('GET', 'NULL') }), { maxLength: 3 })
  .map((list) => list.map((route, index) => ({ class: 'live', path: `/p${index}`, ...route })));

/** Valid options in every kind the schema has, with text that looks like something else: `true`, `1`, `null`. */
const options: fc.Arbitrary<Options> = fc
  .record({
    nodes: nodeEntries,
    rest: some({
      listeners: fc
        .uniqueArray(between(1024, 2048), { minLength: 1, maxLength: 3 })
        .map((ports) => ports.map((p) => ({ port: p }))),
      admin: some({ port: between(3000, 4000), host: fc.constantFrom('::1', 'localhost', '0.0.0.0') }),
      workers: fc.oneof(fc.constant('auto'), between(1, 256)),
      base: segment,
      affinity: some({
        cookie: fc.constantFrom('gcb', 'true', '1', 'null', '~', '0x1f', '#c'),
        reconnectGrace: ms(0, 9999),
        directory: between(1, 10_000_000),
        lookup: some({
          perSecond: between(1, 100),
          hitTtl: ms(0, 9999),
          origin: fc.constant('https://agents.example'),
        }),
      }),
      routes,
      health: some({ path: segment, interval: ms(600, 9999), fastInterval: ms(20, 600), rise: between(1, 100) }),
      balance: fc.constantFrom('least-sessions', 'least-requests', 'random-two', 'round-robin'),
      forwarding: some({ trustedProxies: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 3 }), via: word }),
      limits: some({ head: fc.constantFrom('8KiB', '1MiB'), headers: between(8, 10_000), target: fc.constant('4KiB') }),
      log: some({ level: fc.constantFrom('fatal', 'info'), access: fc.boolean() }),
    }),
  })
  .map((all) => ({ ...all.rest, nodes: all.nodes }));

/** The same options as variables: what `whole` picks as one YAML flow value, everything else down to its scalars. */
function toEnvironment(value: unknown, whole: () => boolean, path: KeyPath = []): Record<string, string> {
  const name = variableName(prefix, path);
  if (typeof value !== 'object' || value === null) return { [name]: String(value) };
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  if (path.length > 0 && (entries.length === 0 || whole())) return { [name]: JSON.stringify(value) };
  return Object.assign({}, ...entries.map(([step, entry]) => toEnvironment(entry, whole, [...path, step])));
}

test('any valid configuration is the same from a file, from the environment, and from both', () => {
  fc.assert(
    fc.property(options, fc.infiniteStream(fc.boolean()), (given, coins) => {
      const toss = () => coins.next().value === true;
      const load = (text: string | undefined, environment: NodeJS.ProcessEnv) => {
        if (text !== undefined) writeFileSync(file, text);
        const result = loadConfig(proxySchema, { ...(text !== undefined && { file }), environment, prefix });
        assert.ok(result.ok, result.ok ? '' : result.problems.map(formatProblem).join('\n'));
        return result.config;
      };
      const fromFile = load(stringify(given), {});
      const environment = toEnvironment(given, toss);
      assert.deepEqual(load(undefined, environment), fromFile);
      assert.deepEqual(load(stringify(given), environment), fromFile);

      const inFile = Object.entries(given).filter(toss);
      const inEnvironment = Object.entries(given).filter(([key]) => !inFile.some(([other]) => other === key));
      const halfFile = inFile.length === 0 ? undefined : stringify(Object.fromEntries(inFile));
      assert.deepEqual(load(halfFile, toEnvironment(Object.fromEntries(inEnvironment), toss)), fromFile);
    }),
    { numRuns: 50 },
  );
});

test('whatever a file or a variable says, the answer is a configuration or problems of one line each', () => {
  const text = fc.oneof(
    fc.string(),
    fc.anything({ maxDepth: 3 }).map((value) => safeStringify(value)),
    options.map((o) => stringify(o).replace(/[0-9:]/, '?')),
  );
  const variable = fc.constantFrom('NODES', 'NODES_0_URL', 'WORKERS', 'LOG', 'ROUTES_0', 'NODES_9_URL', 'NOPE');
  fc.assert(
    fc.property(
      text,
      fc.dictionary(
        variable,
        fc.string().filter((value) => !value.includes('\0')),
        { maxKeys: 3 },
      ),
      (yaml, variables) => {
        writeFileSync(file, yaml);
        const environment = Object.fromEntries(
          Object.entries(variables).map(([name, value]) => [prefix + name, value]),
        );
        const result = loadConfig(proxySchema, { file, environment, prefix });
        if (result.ok) return;
        assert.ok(result.problems.length > 0);
        for (const problem of result.problems) assert.doesNotMatch(formatProblem(problem), /[\p{Cc}\p{Zl}\p{Zp}]/u);
      },
    ),
    { numRuns: 100 },
  );
});

function safeStringify(value: unknown): string {
  try {
    return stringify(value) ?? '';
  } catch {
    return '';
  }
}
