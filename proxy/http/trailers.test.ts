import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TrailerSection } from './trailers.ts';

function forwarded(...lines: string[]): string[] {
  const text = `${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
  const section = new TrailerSection();
  assert.equal(section.parse(text), text.length);
  return section.forwarded.split('\r\n').filter(Boolean);
}

describe('trailers', () => {
  it('are forwarded as they came and in order', () => {
    const lines = ['Digest: sha-256=x', 'X:  1 ', 'x: 2', '__proto__: 3'];
    assert.deepEqual(forwarded(...lines), lines);
  });

  const FORBIDDEN = [
    'Host: evil',
    'Authorization: Basic eA==',
    'Set-Cookie: a=1',
    'Cookie: a=1',
    'Content-Type: text/html',
    'Cache-Control: public',
    'Connection: close',
    'Trailer: X',
    'Upgrade: websocket',
    'X-Forwarded-For: 6.6.6.6',
    'X_Forwarded_Host: evil',
    'X-Real-IP: 6.6.6.6',
    'X-Original_URL: /internal',
    'Forwarded: for=6.6.6.6',
  ];
  for (const line of FORBIDDEN) {
    it(`never bring ${line} (RFC 9110 §6.5.1)`, () =>
      assert.deepEqual(forwarded('A: 1', line, 'B: 2'), ['A: 1', 'B: 2']));
  }

  const FRAMING = ['Transfer-Encoding: chunked', 'content-length: 5', 'Content_Length: 5', 'TRANSFER_ENCODING: x'];
  for (const line of FRAMING) {
    it(`with ${line} are refused (CVE-2025-12642)`, () =>
      assert.ok(new TrailerSection().parse(`A: 1\r\n${line}\r\n\r\n`) < 0));
  }

  it('are at most 32', () => {
    assert.equal(forwarded(...Array(32).fill('X: 1')).length, 32);
    assert.ok(new TrailerSection().parse(`${'X: 1\r\n'.repeat(33)}\r\n`) < 0);
  });
});
