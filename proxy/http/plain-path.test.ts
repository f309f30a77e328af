import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hostileTarget, readingsOf } from '../testing/path-readings.ts';
import { isPlainPath } from './plain-path.ts';

const PLAIN = [
  ...['/', '/a', '/a/', '/a/b', '/.well-known/x', '/a.b', '/..a', '/a..b', '/a-b_c~d', "/a:b@c!$&'()*+,=", '/{a}|"<>'],
  ...['/a%20b', '/%20a', '/%C3%A9', '/%c3%a9t%C3%A9', '/%F0%9F%98%80', '/%7B', '/%40', '/%2B', '/%2c'],
];
const ODD = [
  ...[
    '',
    'a',
    '*',
    '//',
    '/a//b',
    '/a//',
    '//a',
    '/.',
    '/..',
    '/./a',
    '/../a',
    '/a/.',
    '/a/..',
    '/a./b',
    '/a.',
    '/...',
  ],
  ...['/a\\b', '/\\..\\', '/a;b', '/..;/a', '/;', '/a%5cb', '/a%5Cb', '/a%2fb', '/a%2Fb', '/a%3bb', '/a%3fb', '/a%23'],
  ...['/%2e', '/%2E%2e/a', '/.%2e', '/%61', '/%41', '/%7a', '/%5A', '/%39', '/%2d', '/%5f', '/%7e', '/%7E', '/%6f'],
  ...['/%00', '/a%0', '/%', '/%zz', '/%a', '/%u002e', '/%0d%0a', '/%1f', '/%7f', '/%25', '/%252e', '/%25%32%65'],
  ...['/a%20', '/a%20/b', '/%c0%ae', '/%c0%af', '/%e0%80%af', '/%ff', '/%c3', '/%ed%a0%80', '/%f4%90%80%80'],
  ...['/%ef%bc%8f', '/%ef%bc%8e%ef%bc%8e', '/hi%c5%bftory', '/%e2%84%aa', '/%c2%a0', '/e%cc%81'],
];

describe('a path', () => {
  for (const path of PLAIN) it(`${path} is plain`, () => assert.equal(isPlainPath(path, path.length), true));
  for (const path of ODD) {
    it(`${JSON.stringify(path)} is not`, () => assert.equal(isPlainPath(path, path.length), false));
  }

  it('is looked at to its end, and the query not', () => {
    for (const query of ['?', '?a=/../b', '?%00%2f\\;//.']) assert.equal(isPlainPath(`/a${query}`, 2), true);
    assert.equal(isPlainPath('/./?a', 3), false);
  });

  it('with any one encoded byte is plain where that needs it and says nothing', () => {
    const plain = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) =>
      isPlainPath(`/a%${byte.toString(16).padStart(2, '0')}b`, 6),
    );
    assert.equal(String.fromCharCode(...plain), ' !"$&\'()*+,:<=>@[]^`{|}');
  });

  it('that is plain reads alike, whoever reads it', () => {
    fc.assert(
      fc.property(hostileTarget, (target) => {
        const path = target.split('?')[0] ?? '';
        fc.pre(isPlainPath(path, path.length));
        const expected = path.toLowerCase().replace(/(?<=.)\/$/, '');
        for (const reading of readingsOf(path)) {
          // What stands encoded in one is some letter or blank, whichever that is to whom.
          if (path.includes('%')) assert.equal(reading.split('/').length, expected.split('/').length, reading);
          else assert.equal(reading, expected);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
