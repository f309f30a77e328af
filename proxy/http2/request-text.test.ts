import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RequestHead } from '../http/request-head.ts';
import { pseudo } from '../testing/http2-frames.ts';
import { requestText, trailerText } from './request-text.ts';

const LIMITS = { head: 1_000_000, headers: 10_000, target: 100_000 };
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const key = () => KEY;

function textOf(fields: readonly (readonly [string, string])[], ends = true): string {
  const made = requestText(fields.flat(), ends, key);
  return 'text' in made ? made.text : made.refusal;
}

describe('a request of HTTP/2 as text', () => {
  it('has its host first, its cookies in one line, and the length of its body', () => {
    const text = textOf(
      [
        ...pseudo({ method: 'PUT', path: '/a?b=c' }),
        ['cookie', 'a=1'],
        ['x', 'y'],
        ['cookie', 'b=2'],
        ['content-length', '3'],
      ],
      false,
    );
    assert.equal(
      text,
      'PUT /a?b=c HTTP/1.1\r\nHost: a.example\r\nx: y\r\ncookie: a=1; b=2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n',
    );
  });

  it('takes its host from either field, in any case', () => {
    for (const fields of [
      [...pseudo({ authority: '' }), ['host', 'a.example']],
      [...pseudo(), ['host', 'A.example']],
    ] as const) {
      assert.match(textOf(fields), /^GET \/ HTTP\/1\.1\r\nHost: a\.example\r\nConnection: close\r\n\r\n$/);
    }
  });

  it('is an upgrade where a WebSocket is asked for', () => {
    const fields = [
      ...pseudo({ method: 'CONNECT' }),
      [':protocol', 'websocket'],
      ['sec-websocket-key', 'theirs'],
    ] as const;
    assert.equal(
      textOf(fields, false),
      `GET / HTTP/1.1\r\nHost: a.example\r\nSec-WebSocket-Key: ${KEY}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
    );
  });

  /** Any characters, many of which delimit something. */
  const anything = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\r', '\n', '\0', ':', ' ', '\t', '/', '#', '?', '@', ',', 'X', '\x7f', '\xa0', '\xff'),
      fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    ),
    maxLength: 12,
  });
  const name = fc.oneof(
    anything,
    fc.constantFrom(
      'host',
      'cookie',
      'te',
      'connection',
      'content-length',
      'transfer-encoding',
      'x',
      'upgrade',
      'expect',
    ),
    fc.constantFrom(':method', ':scheme', ':authority', ':path', ':protocol', ':status', ''),
  );
  const value = fc.oneof(
    anything,
    fc.constantFrom('GET', 'CONNECT', '/', 'http', 'a.example', '5', 'websocket', 'trailers'),
  );
  const list = fc.array(fc.tuple(name, value), { maxLength: 8 });

  it('is one head to a strict reader, or refused', () => {
    let made = 0;
    fc.assert(
      fc.property(list, fc.boolean(), fc.boolean(), (fields, ends, complete) => {
        const all = complete ? [...pseudo(), ...fields] : fields;
        const request = requestText(all.flat(), ends, key);
        if (!('text' in request)) return;
        made++;
        const { text, framing, contentLength } = request;
        const head = new RequestHead(LIMITS, 'X-Request-Id', false);
        const length = head.parse(text);
        // What it refuses is no danger; what it takes is all there is.
        if (length < 0) return;
        assert.equal(length, text.length);
        assert.equal(text.indexOf('\r\n\r\n'), text.length - 4);
        assert.deepEqual([head.chunked, head.keepAlive], [framing === 'chunked', false]);
        assert.equal(head.contentLength, contentLength);
        assert.equal(head.websocket, framing === 'tunnel');
        assert.ok(head.target.startsWith('/') || head.target === '*');
        const lines = text.split('\r\n').length - 3;
        assert.ok(lines <= all.length + 4, text);
      }),
      { numRuns: 3_000 },
    );
    assert.ok(made > 100, String(made));
  });

  it('has trailers of as many lines as there are fields, or none', () => {
    fc.assert(
      fc.property(list, (fields) => {
        const text = trailerText(fields.flat());
        if (text === undefined) return;
        assert.equal(text.split('\r\n').length - 1, fields.length);
        assert.doesNotMatch(text, /\r(?!\n)|(?<!\r)\n|\0/);
      }),
    );
  });
});
