import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isOrigin } from './origin.ts';

describe('an Origin header', () => {
  for (const origin of [
    'https://www.example.com',
    'http://localhost:8080',
    'https://[::1]:8443',
    'https://xn--bcher-kva.example',
    'chrome-extension://abcdefghijklmnop',
    'null',
  ]) {
    it(`may be ${origin}`, () => assert.ok(isOrigin(origin)));
  }
  for (const text of [
    '',
    ' ',
    '*',
    'Null',
    'https://',
    'https:/www.example.com',
    'www.example.com',
    'https://www.example.com/',
    'https://www.example.com/path',
    'https://user@www.example.com',
    'https://a.example, https://b.example',
    'https://a.example https://b.example',
    'https://www.example.com:port',
    'HTTPS://www.example.com',
    `https://${'a'.repeat(256)}`,
    `${'a'.repeat(40)}://www.example.com`,
    'https://a.example\x00',
    'https://a.example\r\nX: y',
  ]) {
    it(`is no ${JSON.stringify(text.slice(0, 40))}`, () => assert.ok(!isOrigin(text)));
  }
});
