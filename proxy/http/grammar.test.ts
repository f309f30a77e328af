import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DIGIT, HEX, HOST, is, isHost, matches, parseLength, TARGET, TOKEN, VALUE } from './grammar.ts';

const ALL_BYTES = Array.from({ length: 256 }, (_, code) => code);

describe('character classes hold exactly what the RFCs list', () => {
  const classes: readonly (readonly [name: string, mask: number, expected: RegExp])[] = [
    ['tchar (RFC 9110 §5.6.2)', TOKEN, /[!#$%&'*+\-.^_`|~0-9A-Za-z]/],
    ['field values (RFC 9110 §5.5)', VALUE, /[\t\x20-\x7e\x80-\xff]/],
    ['targets without a fragment (RFC 9112 §3.2)', TARGET, /[!-"$-~]/],
    ['hosts (RFC 3986 §3.2.2) without a comma', HOST, /[-._~!$&'()*+;=%:[\]0-9A-Za-z]/],
    ['DIGIT', DIGIT, /[0-9]/],
    ['HEXDIG', HEX, /[0-9A-Fa-f]/],
  ];
  for (const [name, mask, expected] of classes) {
    it(name, () => {
      for (const code of ALL_BYTES)
        assert.equal(is(code, mask), expected.test(String.fromCharCode(code)), String(code));
    });
  }

  it('none holds what comes after the end of a text', () => {
    assert.equal(is(''.charCodeAt(0), TOKEN | VALUE | TARGET | HOST | DIGIT | HEX), false);
  });
});

describe('matches', () => {
  it('compares a name at a position in any letter case', () => {
    assert.ok(matches('X: 1\r\ncOnTeNt-LENGTH: 5', 6, 'content-length'));
    assert.ok(!matches('content-lengti', 0, 'content-length'));
    assert.ok(!matches('content_length', 0, 'content-length'));
  });

  it('never matches beyond the end of the text', () => {
    assert.ok(!matches('hos', 0, 'host'));
  });
});

describe('parseLength', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), fc.nat({ max: 3 }), (value, at) => {
        const text = `${'9'.repeat(at)}${value}`;
        assert.equal(parseLength(text, at, text.length), value);
      }),
    );
  });

  for (const text of ['', '-1', '+1', '0x1', '1 ', ' 1', '1,1', '1.0', '1e3', '\xb2', '1'.repeat(16)]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseLength(text, 0, text.length), -1));
  }

  it('takes 15 digits, which a number holds exactly', () => {
    assert.equal(parseLength('999999999999999', 0, 15), 999_999_999_999_999);
  });
});

describe('isHost', () => {
  it('takes every name and IPv4 address with or without a port', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.domain(), fc.ipV4()),
        fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }),
        (name, port) => assert.ok(isHost(port === undefined ? name : `${name}:${port}`)),
      ),
    );
  });

  it('takes every IPv6 address in brackets, and none without', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        assert.ok(isHost(`[${address}]`));
        assert.ok(isHost(`[${address}]:443`));
        assert.ok(!isHost(address));
      }),
    );
  });

  it('refuses every host with a byte that could end it, split it or name another', () => {
    for (const c of [
      ' ',
      '\t',
      ',',
      '/',
      '\\',
      '?',
      '#',
      '@',
      '"',
      '<',
      '>',
      '\0',
      '\r',
      '\n',
      '\x7f',
      '\xe9',
      '^',
      '|',
    ]) {
      for (const host of [c, `a${c}`, `${c}a`, `a${c}b`, `a:8${c}0`, `[::1${c}]`]) assert.ok(!isHost(host), host);
    }
  });
});
