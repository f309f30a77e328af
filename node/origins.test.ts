import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseOrigin, parseOriginList } from '../config/origin-list.ts';
import { AllowedOrigins, originOfUrl } from './origins.ts';

function allows(list: string, origin: string): boolean {
  const parsed = parseOriginList(list);
  assert.ok(parsed, `'${list}' was refused`);
  const candidate = parseOrigin(origin);
  return candidate !== undefined && new AllowedOrigins(parsed).allows(candidate);
}

describe('an allowed origin', () => {
  const cases: readonly [list: string, origin: string, expected: boolean][] = [
    ['https://a.example.com', 'https://a.example.com', true],
    ['https://A.Example.com', 'https://a.example.com', true],
    ['https://a.example.com:443', 'https://a.example.com', true],
    ['https://a.example.com', 'https://a.example.com:443', true],
    ['http://localhost:8700', 'http://localhost:8700', true],
    ['http://[::1]:8700', 'http://[::1]:8700', true],
    [' https://a.example.com , https://b.example.com ', 'https://b.example.com', true],
    ['https://a.example.com', 'http://a.example.com', false],
    ['https://a.example.com', 'https://a.example.com:8443', false],
    ['https://a.example.com', 'https://a.example.com.evil.test', false],
    ['https://a.example.com', 'https://b.example.com', false],
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://a.b.example.com', true],
    ['https://*.Example.com', 'https://A.example.com', true],
    ['HTTPS://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com:8443', 'https://a.example.com:8443', true],
    ['https://*.example.com:443', 'https://a.example.com', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://.example.com', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['https://*.example.com', 'https://a.example.com:8443', false],
    ['https://*.example.com', 'https://badexample.com', false],
    ['https://*.example.com', 'https://example.com.evil.test', false],
    ['', 'https://a.example.com', false],
    ['  ', 'https://a.example.com', false],
  ];
  for (const [list, origin, expected] of cases) {
    test(`'${list}' ${expected ? 'allows' : 'does not allow'} ${origin}`, () =>
      assert.equal(allows(list, origin), expected));
  }
});

describe('a list is refused for', () => {
  const entries = [
    '*',
    'https://*',
    'https://*.',
    '*.example.com',
    'a.example.com',
    'https://a.*.example.com',
    'https://*a.example.com',
    'https://*.*.example.com',
    'https://a.example.com/',
    'https://*.example.com/cobrowse',
    'https://user@a.example.com',
    'https://*.0.0.1',
    'https://*.[::1]',
    'https://a.example.com:99999',
    'ftp://a.example.com',
    'null',
    'https://bücher.example',
  ];
  for (const entry of entries) {
    test(entry, () => {
      assert.equal(parseOriginList(entry), undefined);
      assert.equal(parseOriginList(`https://ok.example.com,${entry}`), undefined);
    });
  }

  test('an empty entry', () => assert.equal(parseOriginList('https://a.example.com,'), undefined));
});

describe('what looks like an origin but is none', () => {
  for (const text of [
    '',
    'null',
    'https://a.example.com/',
    'https://a.example.com\\@evil.test',
    'https:\\\\a.example.com',
    'https://a.example.com https://b.example.com',
    'https://a.example.com, https://b.example.com',
    ' https://a.example.com',
    'https://a.exa\tmple.com',
    'https://a.example.com#',
    'https://user@a.example.com',
    '//a.example.com',
  ]) {
    test(JSON.stringify(text), () => assert.equal(parseOrigin(text), undefined));
  }
});

test('the origin of a Referer', () => {
  assert.equal(originOfUrl('https://A.example.com:443/page?q=https://evil.test#x'), 'https://a.example.com');
  assert.equal(originOfUrl('https://a.example.com@evil.test/'), 'https://evil.test');
  assert.equal(originOfUrl('about:client'), undefined);
  assert.equal(originOfUrl('/cobrowse/'), undefined);
  assert.equal(originOfUrl(''), undefined);
});

// No label of the form of punycode, which has rules of its own.
const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/).filter((text) => !text.includes('--'));
const host = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const port = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 1, max: 65_535 }).map((n) => `:${n}`),
);
const origin = fc.tuple(fc.constantFrom('http://', 'https://'), host, port).map((parts) => parts.join(''));

test('an origin allows itself, and no other', () => {
  fc.assert(
    fc.property(origin, origin, (one, other) => {
      assert.equal(allows(one, one), true);
      assert.equal(allows(one, other), parseOrigin(one) === parseOrigin(other));
    }),
  );
});

test('a wildcard allows an origin when its host ends in the labels of the wildcard, after at least one more', () => {
  fc.assert(
    fc.property(host, host, fc.boolean(), (parent, candidate, below) => {
      const tested = below ? `${candidate}.${parent}` : candidate;
      const labels = tested.split('.');
      const parentLabels = parent.split('.');
      const expected =
        labels.length > parentLabels.length && labels.slice(-parentLabels.length).join('.') === parentLabels.join('.');
      assert.equal(allows(`https://*.${parent}`, `https://${tested}`), expected);
    }),
  );
});

test('no text makes the check throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parseOriginList(text);
      parseOrigin(text);
      originOfUrl(text);
    }),
  );
});
