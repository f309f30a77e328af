import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HeadLimits, RequestHead } from './request-head.ts';

const LIMITS: HeadLimits = { head: 1024, headers: 10, target: 256 };

function parse(text: string, { trusted = false, requestIdHeader = 'X-Request-Id' } = {}): RequestHead {
  const head = new RequestHead(LIMITS, requestIdHeader, trusted);
  assert.equal(head.parse(text), text.length, head.refusal);
  return head;
}

function refusalOf(text: string): string {
  const head = new RequestHead(LIMITS, 'X-Request-Id', false);
  assert.equal(head.parse(text), -1);
  return head.refusal;
}

const get = (...lines: string[]) => `GET /x HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

describe('a request head', () => {
  it('says what routing and framing need', () => {
    const head = parse('POST /x?y HTTP/1.1\r\nHost: A.b:80\r\nCookie: c=1\r\nCookie: d=2\r\nContent-Length: 5\r\n\r\n');
    const { method, target, authority, host, cookie, http10, contentLength, chunked, hasBody, keepAlive } = head;
    assert.deepEqual(
      { method, target, authority, host, cookie, http10, contentLength, chunked, hasBody, keepAlive },
      {
        method: 'POST',
        target: '/x?y',
        authority: 'a.b:80',
        host: 'A.b:80',
        cookie: 'c=1; d=2',
        http10: false,
        contentLength: 5,
        chunked: false,
        hasBody: true,
        keepAlive: true,
      },
    );
  });

  it('leaves what comes behind it alone', () => {
    const head = new RequestHead(LIMITS, 'X-Request-Id', false);
    assert.equal(head.parse(`${get()}\0\0`), get().length);
  });

  it('keeps nothing of the head before', () => {
    const head = new RequestHead(LIMITS, 'X-Request-Id', false);
    const first = ['Cookie: a=1', 'Connection: close, Upgrade', 'Upgrade: websocket', 'X-Forwarded-For: b', 'Via: c'];
    head.parse(get(...first, 'X-Request-Id: d', 'Forwarded: for=e'));
    assert.ok(head.websocket);
    head.parse(get());
    const { cookie, keepAlive, websocket, forwardedFor, via, requestId, forwarded, fields } = head;
    assert.deepEqual(
      { cookie, keepAlive, websocket, forwardedFor, via, requestId, forwarded, fields },
      {
        cookie: '',
        keepAlive: true,
        websocket: false,
        forwardedFor: '',
        via: '',
        requestId: '',
        forwarded: '',
        fields: 'Host: a\r\n',
      },
    );
  });

  it('recovers from a head that was refused', () => {
    const head = new RequestHead(LIMITS, 'X-Request-Id', false);
    assert.equal(head.parse('GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'), -1);
    assert.equal(head.parse(get()), get().length);
  });

  const KEEP_ALIVE: readonly (readonly [version: string, connection: string, expected: boolean])[] = [
    ['1.1', '', true],
    ['1.1', 'close', false],
    ['1.1', 'keep-alive, close', false],
    ['1.0', '', false],
    ['1.0', 'Keep-Alive', true],
    ['1.0', 'keep-alive, close', false],
  ];
  for (const [version, connection, expected] of KEEP_ALIVE) {
    it(`of HTTP/${version} with Connection: ${connection} ${expected ? 'keeps' : 'ends'} the connection (RFC 9112 §9.3)`, () => {
      const text = `GET / HTTP/${version}\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`;
      assert.equal(parse(text).keepAlive, expected);
    });
  }
});

describe('the limits of a request head', () => {
  const padded = (length: number) => get(`X: ${'x'.repeat(length - get('X: ').length)}`);

  it('its size', () => {
    assert.equal(parse(padded(LIMITS.head)).refusal, 'bad_request');
    assert.equal(refusalOf(padded(LIMITS.head + 1)), 'head_too_large');
  });

  it('its size, before it ends', () => {
    const head = new RequestHead(LIMITS, 'X-Request-Id', false);
    const endless = padded(LIMITS.head * 2);
    assert.equal(head.parse(endless.slice(0, LIMITS.head)), 0);
    assert.equal(head.parse(endless.slice(0, LIMITS.head + 1)), -1);
    assert.equal(head.refusal, 'head_too_large');
  });

  it('its field lines', () => {
    parse(get(...Array(LIMITS.headers - 1).fill('X: 1')));
    assert.equal(refusalOf(get(...Array(LIMITS.headers).fill('X: 1'))), 'head_too_large');
  });

  it('its target', () => {
    const target = (length: number) => `GET /${'x'.repeat(length - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    parse(target(LIMITS.target));
    assert.equal(refusalOf(target(LIMITS.target + 1)), 'target_too_long');
  });

  it('its target, before it ends', () => {
    const head = new RequestHead(LIMITS, 'X-Request-Id', false);
    const text = `GET /${'x'.repeat(LIMITS.target)}`;
    assert.equal(head.parse(text.slice(0, -1)), 0);
    assert.equal(head.parse(text), -1);
    assert.equal(head.refusal, 'target_too_long');
  });
});

describe('what proxies before this one said', () => {
  const SAID = [
    'X-Forwarded-For: b',
    'x-forwarded-for: c',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: d',
    'Via: 1.1 e',
  ];

  it('is read apart from the fields that are forwarded', () => {
    const head = parse(get(...SAID, 'Forwarded: for=f', 'X: 1'));
    const { forwardedFor, forwardedProto, forwardedHost, via, forwarded, fields } = head;
    assert.deepEqual(
      { forwardedFor, forwardedProto, forwardedHost, via, forwarded, fields },
      {
        forwardedFor: 'b, c',
        forwardedProto: 'https',
        forwardedHost: 'd',
        via: '1.1 e',
        forwarded: 'for=f',
        fields: 'Host: a\r\nX: 1\r\n',
      },
    );
  });

  it('stays when it has no meaning here and the peer is trusted, but for the underscore spellings', () => {
    const more = ['X-Forwarded-Port: 1', 'X-Real-IP: b', 'X_Forwarded_For: c', 'X-Original-URL: /d'];
    assert.equal(
      parse(get(...more), { trusted: true }).fields,
      'Host: a\r\nX-Forwarded-Port: 1\r\nX-Real-IP: b\r\nX-Original-URL: /d\r\n',
    );
    assert.equal(parse(get(...more), { trusted: false }).fields, 'Host: a\r\n');
  });

  for (const name of ['X-Request-Id', 'X_Trace_Id', 'Id^1', 'traceparent']) {
    it(`the request id, in a header named ${name}`, () => {
      const head = parse(get(`${name.toLowerCase()}: 1`), { requestIdHeader: name });
      assert.equal(head.requestId, '1');
      assert.equal(head.fields, 'Host: a\r\n');
    });
  }

  it('two request ids are none that could be taken', () => {
    assert.doesNotMatch(parse(get('X-Request-Id: 1', 'X-Request-Id: 2')).requestId, /^[!-~]+$/);
  });
});

describe('a WebSocket is asked for by', () => {
  const CASES: readonly (readonly [what: string, text: string, expected: boolean])[] = [
    ['GET, Connection and Upgrade', get('Connection: Upgrade', 'Upgrade: websocket'), true],
    ['them in any letter case and list', get('connection: x, UPGRADE', 'upgrade: WebSocket'), true],
    ['them with an empty body', get('Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 0'), true],
    ['not: Upgrade alone', get('Upgrade: websocket'), false],
    ['not: Connection alone', get('Connection: Upgrade'), false],
    ['not: another protocol', get('Connection: Upgrade', 'Upgrade: h2c'), false],
    ['not: a list of protocols', get('Connection: Upgrade', 'Upgrade: websocket, h2c'), false],
    ['not: two lines', get('Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: websocket'), false],
    ['not: a request with a body', get('Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 1'), false],
    ['not: HTTP/1.0', get('Connection: Upgrade', 'Upgrade: websocket').replace('1.1', '1.0'), false],
    ['not: POST', get('Connection: Upgrade', 'Upgrade: websocket').replace('GET', 'POST'), false],
  ];
  for (const [what, text, expected] of CASES) {
    it(what, () => {
      const head = parse(text);
      assert.equal(head.websocket, expected);
      assert.doesNotMatch(head.fields, /upgrade/i);
    });
  }
});
