import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Forwarding, requestHeadFor } from './forward-request.ts';
import { RequestHead } from './request-head.ts';

const PEER: Forwarding = {
  peer: '10.0.0.1',
  trusted: false,
  proto: 'http',
  http2: false,
  via: 'pseudonym',
  requestIdHeader: 'X-Request-Id',
};

/** The lines that a node gets of a request with these lines. */
function forward(request: readonly string[], forwarding: Partial<Forwarding> = {}): string[] {
  const who = { ...PEER, ...forwarding };
  const head = new RequestHead({ head: 4096, headers: 50, target: 512 }, who.requestIdHeader, who.trusted);
  const text = `${request.join('\r\n')}\r\n\r\n`;
  assert.equal(head.parse(text), text.length, head.refusal);
  const forwarded = requestHeadFor(head, '/base/x', 'node.test:8701', who, 'id-1');
  assert.ok(forwarded.endsWith('\r\n\r\n'));
  return forwarded.slice(0, -4).split('\r\n');
}

const GET = ['GET /x HTTP/1.1', 'Host: a'];

describe('the head for a node', () => {
  it('of a plain request', () => {
    assert.deepEqual(forward([...GET, 'Accept: */*']), [
      'GET /base/x HTTP/1.1',
      'Host: a',
      'Accept: */*',
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-Proto: http',
      'Via: 1.1 pseudonym',
      'X-Forwarded-Host: a',
      'X-Request-Id: id-1',
    ]);
  });

  it('of an HTTP/1.0 request without Host names the node itself', () => {
    const lines = forward(['GET /x HTTP/1.0']);
    assert.equal(lines[0], 'GET /base/x HTTP/1.1');
    assert.ok(lines.includes('Host: node.test:8701'));
    assert.ok(lines.includes('Via: 1.0 pseudonym'));
    assert.ok(!lines.some((line) => line.startsWith('X-Forwarded-Host')));
  });

  const FRAMING: readonly (readonly [received: string, sent: string | undefined])[] = [
    ['Content-Length: 007', 'Content-Length: 7'],
    ['content-length: 0', 'Content-Length: 0'],
    ['transfer-encoding: CHUNKED', 'Transfer-Encoding: chunked'],
    ['X: 1', undefined],
  ];
  for (const [received, sent] of FRAMING) {
    it(`says ${sent ?? 'nothing of a body'} for ${received}`, () => {
      const framing = forward(['POST /x HTTP/1.1', 'Host: a', received]).filter((line) =>
        /^(?:content-length|transfer-encoding):/i.test(line),
      );
      assert.deepEqual(framing, sent === undefined ? [] : [sent]);
    });
  }
});

describe('forwarding headers', () => {
  const SAID = [
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: b',
    'Via: 1.1 other',
    'Forwarded: for=6.6.6.6',
  ];
  const ours = (lines: string[]) => lines.filter((line) => /^(?:x-forwarded|via|forwarded)/i.test(line)).sort();

  it('of a stranger are replaced', () => {
    assert.deepEqual(ours(forward([...GET, ...SAID])), [
      'Forwarded: for=10.0.0.1;host="a";proto=http',
      'Via: 1.1 pseudonym',
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-Host: a',
      'X-Forwarded-Proto: http',
    ]);
  });

  it('of a trusted proxy are kept and appended to', () => {
    assert.deepEqual(ours(forward([...GET, ...SAID], { trusted: true })), [
      'Forwarded: for=6.6.6.6, for=10.0.0.1;host="a";proto=http',
      'Via: 1.1 other, 1.1 pseudonym',
      'X-Forwarded-For: 6.6.6.6, 10.0.0.1',
      'X-Forwarded-Host: b',
      'X-Forwarded-Proto: https',
    ]);
  });

  it('of a trusted proxy that says nothing are made', () => {
    assert.deepEqual(ours(forward(GET, { trusted: true, proto: 'https' })), [
      'Via: 1.1 pseudonym',
      'X-Forwarded-For: 10.0.0.1',
      'X-Forwarded-Host: a',
      'X-Forwarded-Proto: https',
    ]);
  });

  it('quote an IPv6 address in Forwarded, and only there (RFC 7239 §6)', () => {
    const lines = forward([...GET, 'Forwarded: x'], { peer: '2001:db8::1' });
    assert.ok(lines.includes('X-Forwarded-For: 2001:db8::1'));
    assert.ok(lines.includes('Forwarded: for="[2001:db8::1]";host="a";proto=http'));
  });

  it('cannot be named away by Connection', () => {
    const names = 'x-forwarded-for, x-forwarded-host, x-forwarded-proto, via, forwarded, x-request-id';
    const lines = forward([...GET, `Connection: ${names}`, ...SAID], { trusted: true });
    assert.equal(ours(lines).length, 5);
    assert.ok(lines.includes('X-Request-Id: id-1'));
  });
});
