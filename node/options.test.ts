import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  InvalidOption,
  parseBase,
  parseDrainTime,
  parseHost,
  parseName,
  parseOrigins,
  parsePort,
  parseServerUrl,
} from './options.ts';

interface Case {
  readonly parse: (text: string) => unknown;
  readonly valid: readonly (readonly [text: string, value: unknown])[];
  readonly invalid: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  name: {
    parse: parseName,
    valid: [
      ['Co-browse_Server', 'Co-browse_Server'],
      ['a.1', 'a.1'],
      ['x'.repeat(128), 'x'.repeat(128)],
    ],
    invalid: ['', 'a b', 'a;b', 'a=b', 'a\r\nSet-Cookie: x=y', 'a\n', 'ä', 'x'.repeat(129)],
  },
  host: {
    parse: parseHost,
    valid: [
      ['::1', '::1'],
      ['node-1.example.com', 'node-1.example.com'],
    ],
    invalid: ['', 'a b', 'http://a', 'a/b'],
  },
  port: {
    parse: parsePort,
    valid: [
      ['0', 0],
      ['8701', 8701],
      ['65535', 65_535],
    ],
    invalid: ['', '-1', '65536', '99999', '123456', '8e3', '0x10', '80.5', ' 80'],
  },
  base: {
    parse: parseBase,
    valid: [
      ['/', ''],
      ['/cobrowse', '/cobrowse'],
      ['/chat/sote/cobrowse/', '/chat/sote/cobrowse'],
    ],
    invalid: ['', 'cobrowse', '//', '/a//b', '/a?b', '/a#b', '/a b', '/a%2Fb'],
  },
  serverUrl: {
    parse: parseServerUrl,
    valid: [
      ['https://node-1.example.com/cobrowse', 'https://node-1.example.com/cobrowse'],
      ['http://127.0.0.1:8701', 'http://127.0.0.1:8701'],
    ],
    invalid: [
      '',
      'node-1',
      '/cobrowse',
      'ftp://a/b',
      'https://a/',
      'https://a/b/',
      'https://a?b',
      'https://a#b',
      'https://u@a',
      'https://a:99999',
      'https:// a',
    ],
  },
  drainTime: {
    parse: parseDrainTime,
    valid: [
      ['0s', 0],
      ['250ms', 250],
      ['2m', 120_000],
    ],
    invalid: ['', '5', '-5s', '61m', 'soon'],
  },
  allowedOrigins: { parse: parseOrigins, valid: [], invalid: ['*', 'a.example.com', 'https://a.example.com,'] },
};

for (const [option, { parse, valid, invalid }] of Object.entries(CASES)) {
  describe(option, () => {
    for (const [text, value] of valid) {
      test(`takes ${JSON.stringify(text)}`, () => assert.deepEqual(parse(text), value));
    }
    for (const text of invalid) {
      test(`refuses ${JSON.stringify(text)} and says what was expected`, () =>
        assert.throws(
          () => parse(text),
          (error) => error instanceof InvalidOption && error.message.startsWith('expected '),
        ));
    }
  });
}
