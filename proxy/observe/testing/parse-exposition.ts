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
  /** Of OpenMetrics. */
  readonly exemplar?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    readonly at: number;
  };
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const EXEMPLAR = /^(.*?) # \{(.*)\} (\S+) (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/** By metric name. Throws for anything that is not valid, a sample that occurs twice included. */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  assert.ok(text.endsWith('\n'), 'ends with a line feed');
  return parse(text, /^(?:|_bucket|_sum|_count)$/);
}

/** The same of OpenMetrics, where a counter is called what its samples are without `_total`. */
export function parseOpenMetrics(text: string): ReadonlyMap<string, Family> {
  assert.ok(text.endsWith('\n# EOF\n'), 'ends with EOF');
  const families = parse(text.slice(0, -'# EOF\n'.length), /^(?:|_total|_bucket|_sum|_count)$/);
  for (const [family, { type, samples }] of families) {
    for (const { name, labels } of samples) {
      if (type === 'counter') assert.equal(name, `${family}_total`);
      if (labels.le !== undefined && labels.le !== '+Inf') assert.match(labels.le, /^\d+\.\d+$/, 'a canonical number');
    }
  }
  return families;
}

function parse(text: string, suffix: RegExp): ReadonlyMap<string, Family> {
  const families = new Map<string, { type: string; samples: ParsedSample[] }>();
  const seen = new Set<string>();
  let current = '';
  for (const whole of text.split('\n')) {
    if (whole === '' || whole.startsWith('# HELP ')) continue;
    if (whole.startsWith('# TYPE ')) {
      const [, , name = '', type = ''] = whole.split(' ');
      assert.match(type, /^(?:counter|gauge|histogram|summary|untyped)$/);
      assert.ok(!families.has(name), `${name} is declared once`);
      families.set(name, { type, samples: [] });
      current = name;
      continue;
    }
    const [, line = whole, ...exemplar] = EXEMPLAR.exec(whole) ?? [];
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? assert.fail(`not a sample: ${whole}`);
    assert.match(name.slice(current.length), suffix, `${name} stands below its own TYPE`);
    assert.ok(!Number.isNaN(Number(value)) || value === 'Nan', `a number: ${whole}`);
    assert.ok(!seen.has(`${name}{${labels}}`), `once: ${whole}`);
    seen.add(`${name}{${labels}}`);
    const [of, at, when] = exemplar;
    families.get(current)?.samples.push({
      name,
      labels: parseLabels(labels),
      value: Number(value),
      ...(of !== undefined && { exemplar: { labels: parseLabels(of), value: Number(at), at: Number(when) } }),
    });
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
