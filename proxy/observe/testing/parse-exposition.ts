/** Reads Prometheus' text format, strictly, so that tests notice what a scraper would refuse. */
import assert from 'node:assert/strict';

export interface Family {
  readonly type: string;
  readonly samples: readonly ParsedSample[];
}

export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/** By metric name. Throws for anything that is not valid, a sample that occurs twice included. */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  assert.ok(text.endsWith('\n'), 'ends with a line feed');
  const families = new Map<string, { type: string; samples: ParsedSample[] }>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    if (line.startsWith('# TYPE ')) {
      const [, , name = '', type = ''] = line.split(' ');
      assert.match(type, /^(?:counter|gauge|histogram|summary|untyped)$/);
      assert.ok(!families.has(name), `${name} is declared once`);
      families.set(name, { type, samples: [] });
      current = name;
      continue;
    }
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? assert.fail(`not a sample: ${line}`);
    assert.match(name.slice(current.length), /^(?:|_bucket|_sum|_count)$/, `${name} stands below its own TYPE`);
    assert.ok(!Number.isNaN(Number(value)) || value === 'Nan', `a number: ${line}`);
    assert.ok(!seen.has(`${name}{${labels}}`), `once: ${line}`);
    seen.add(`${name}{${labels}}`);
    families.get(current)?.samples.push({ name, labels: parseLabels(labels), value: Number(value) });
  }
  return families;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  while (end < text.length) {
    LABEL.lastIndex = end;
    const [whole = '', name = '', value = ''] = LABEL.exec(text) ?? assert.fail(`not labels: ${text}`);
    labels[name] = value;
    end += whole.length;
  }
  return labels;
}
