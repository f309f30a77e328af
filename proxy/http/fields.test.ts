import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FieldSection, INCOMPLETE, MALFORMED, TOO_MANY_FIELDS } from './fields.ts';

const MAX_FIELDS = 8;

/** Cuts the fields with these names, and keeps a list of all that it read. */
class Section extends FieldSection {
  readonly read: [name: string, value: string][] = [];
  readonly #cutNames: readonly string[];

  constructor(cutNames: readonly string[] = []) {
    super();
    this.#cutNames = cutNames;
  }

  parse(text: string): number {
    this.resetFields();
    this.read.length = 0;
    return this.readFields(text, 0, MAX_FIELDS);
  }

  protected field(line: number, nameEnd: number, start: number, end: number, next: number): boolean {
    const name = this.text.slice(line, nameEnd);
    const value = this.text.slice(start, end);
    this.read.push([name, value]);
    if (this.#cutNames.includes(name)) this.cut(line, next);
    if (name.toLowerCase() !== 'connection') return name !== 'refuse';
    this.cut(line, next);
    return this.connectionOptions(start, end);
  }

  get forwarded(): string {
    return this.keptFields();
  }

  get options(): object {
    return { close: this.optionClose, keepAlive: this.optionKeepAlive, upgrade: this.optionUpgrade };
  }
}

const NONE = { close: false, keepAlive: false, upgrade: false };
const lines = fc.array(
  fc.tuple(fc.constantFrom('A', 'a', 'B-2', 'c', 'D'), fc.constantFrom('', '1', 'x y', '\t', 'a: b', '\xff"')),
  { maxLength: MAX_FIELDS },
);
const written = (fields: readonly (readonly [string, string])[]) => fields.map(([n, v]) => `${n}: ${v}\r\n`).join('');

describe('a field section', () => {
  it('is read whole, with values trimmed of whitespace', () => {
    fc.assert(
      fc.property(lines, (fields) => {
        const text = `${written(fields)}\r\n`;
        const section = new Section();
        assert.equal(section.parse(`${text}body`), text.length);
        assert.deepEqual(
          section.read,
          fields.map(([name, value]) => [name, value.trim()]),
        );
      }),
    );
  });

  it('keeps all lines that are not cut, as they came and in order', () => {
    fc.assert(
      fc.property(lines, fc.subarray(['A', 'a', 'B-2', 'c', 'D']), (fields, cut) => {
        const section = new Section(cut);
        section.parse(`${written(fields)}\r\n`);
        assert.equal(section.forwarded, written(fields.filter(([name]) => !cut.includes(name))));
      }),
    );
  });

  it('loses what Connection names besides, in any letter case', () => {
    fc.assert(
      fc.property(lines, fc.subarray(['a', 'b-2', 'C', 'x']), fc.nat({ max: 6 }), (fields, named, at) => {
        const section = new Section(['D']);
        const all: (readonly [string, string])[] = fields.slice(0, 6);
        all.splice(at, 0, ['connection', named.join(' ,')]);
        section.parse(`${written(all)}\r\n`);
        const gone = new Set(['connection', 'd', ...named.map((name) => name.toLowerCase())]);
        assert.equal(section.forwarded, written(all.filter(([name]) => !gone.has(name.toLowerCase()))));
      }),
    );
  });

  it('is incomplete at every earlier byte', () => {
    const text = 'A: 1\r\nB:\r\nConnection: close\r\n\r\n';
    const section = new Section();
    for (let end = 0; end < text.length; end++) assert.equal(section.parse(text.slice(0, end)), INCOMPLETE, `${end}`);
    assert.equal(section.parse(text), text.length);
  });

  it('has up to the given number of lines', () => {
    const section = new Section();
    assert.ok(section.parse(`${'A: 1\r\n'.repeat(MAX_FIELDS)}\r\n`) > 0);
    assert.equal(section.parse(`${'A: 1\r\n'.repeat(MAX_FIELDS + 1)}\r\n`), TOO_MANY_FIELDS);
  });

  it('is malformed when one of its fields is refused', () => {
    assert.equal(new Section().parse('refuse: 1\r\n\r\n'), MALFORMED);
  });
});

describe('the Connection header', () => {
  const cases: readonly (readonly [value: string, options: object])[] = [
    ['', NONE],
    ['close', { ...NONE, close: true }],
    ['CLOSE', { ...NONE, close: true }],
    ['keep-alive', { ...NONE, keepAlive: true }],
    ['Upgrade', { ...NONE, upgrade: true }],
    [' , close ,\t, Keep-Alive,', { ...NONE, close: true, keepAlive: true }],
    ['closed, xclose, keep_alive', NONE],
  ];
  for (const [value, options] of cases) {
    it(`${JSON.stringify(value)} is understood`, () => {
      const section = new Section();
      assert.ok(section.parse(`Connection:${value}\r\n\r\n`) > 0);
      assert.deepEqual(section.options, options);
    });
  }

  for (const value of ['close;x', '"close"', 'close x', 'a=b', '(', '\xe9']) {
    it(`${JSON.stringify(value)} is malformed`, () => {
      assert.equal(new Section().parse(`Connection: ${value}\r\n\r\n`), MALFORMED);
    });
  }

  it('cannot name away what delimits or routes the message', () => {
    const section = new Section();
    const kept = 'Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n';
    section.parse(`Connection: host, content-length, transfer-encoding, connection\r\n${kept}\r\n`);
    assert.equal(section.forwarded, kept);
  });
});
