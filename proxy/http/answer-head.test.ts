import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerHead } from './answer-head.ts';

const LIMITS = { head: 1024, headers: 10, target: 256 };
const answer = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK';

function parse(text: string): AnswerHead {
  const head = new AnswerHead(LIMITS);
  assert.equal(head.parse(text), text.length);
  return head;
}

describe('an answer head', () => {
  it('is incomplete at every earlier byte', () => {
    const text = answer(OK, 'Content-Length: 5', 'X:');
    const head = new AnswerHead(LIMITS);
    for (let end = 0; end < text.length; end++) assert.equal(head.parse(text.slice(0, end)), 0, `at ${end}`);
    assert.equal(head.parse(`${text}hello`), text.length);
  });

  it('is forwarded as it came when nothing of it is ours to change', () => {
    const head = parse(answer(OK, 'Content-Length: 5', 'Set-Cookie: a=1', 'Set-Cookie: b=2'));
    assert.ok(head.untouched);
    assert.equal(head.forwarded, `${OK}\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n`);
  });

  it('is forwarded as HTTP/1.1 whatever the node speaks (RFC 9110 §2.5)', () => {
    const head = parse(answer('HTTP/1.0 404 Not Found', 'X: 1'));
    assert.ok(!head.untouched);
    assert.equal(head.forwarded, 'HTTP/1.1 404 Not Found\r\nX: 1\r\n');
  });

  it('keeps nothing of the head before', () => {
    const head = new AnswerHead(LIMITS);
    head.parse(answer('HTTP/1.0 200 X', 'Connection: keep-alive, x', 'Upgrade: websocket', 'Keep-Alive: timeout=5'));
    head.parse(answer(OK, 'X: 1'));
    const { http10, keepAlive, keepAliveSeconds, upgradesToWebsocket, contentLength, chunked, forwarded } = head;
    assert.deepEqual(
      { http10, keepAlive, keepAliveSeconds, upgradesToWebsocket, contentLength, chunked, forwarded },
      {
        http10: false,
        keepAlive: true,
        keepAliveSeconds: -1,
        upgradesToWebsocket: false,
        contentLength: -1,
        chunked: false,
        forwarded: `${OK}\r\nX: 1\r\n`,
      },
    );
  });

  it('has its limits', () => {
    const head = new AnswerHead(LIMITS);
    const padded = (length: number) => answer(OK, `X: ${'x'.repeat(length - answer(OK, 'X: ').length)}`);
    assert.equal(head.parse(padded(LIMITS.head)), LIMITS.head);
    assert.equal(head.parse(padded(LIMITS.head + 1)), -1);
    assert.equal(head.parse(padded(LIMITS.head * 2).slice(0, LIMITS.head)), 0);
    assert.equal(head.parse(padded(LIMITS.head * 2).slice(0, LIMITS.head + 1)), -1);
    assert.ok(head.parse(answer(OK, ...Array(LIMITS.headers).fill('X: 1'))) > 0);
    assert.equal(head.parse(answer(OK, ...Array(LIMITS.headers + 1).fill('X: 1'))), -1);
  });
});

describe('what ends the body of an answer (RFC 9112 §6.3)', () => {
  const LENGTH = 'Content-Length: 5';
  const CHUNKED = 'Transfer-Encoding: chunked';
  const CASES: readonly (readonly [status: string, line: string, method: string, framing: string])[] = [
    ['200', LENGTH, 'GET', 'length'],
    ['200', 'Content-Length: 0', 'GET', 'none'],
    ['200', CHUNKED, 'GET', 'chunked'],
    ['200', 'X: 1', 'GET', 'close'],
    ['404', 'X: 1', 'POST', 'close'],
    ['200', LENGTH, 'HEAD', 'none'],
    ['200', CHUNKED, 'HEAD', 'none'],
    ['200', 'X: 1', 'HEAD', 'none'],
    ['204', LENGTH, 'GET', 'none'],
    ['204', CHUNKED, 'GET', 'none'],
    ['304', LENGTH, 'GET', 'none'],
    ['304', 'X: 1', 'GET', 'none'],
    ['103', LENGTH, 'GET', 'none'],
    ['205', LENGTH, 'GET', 'length'],
  ];
  for (const [status, line, method, framing] of CASES) {
    it(`${status} to ${method} with ${line}: ${framing}`, () => {
      assert.equal(parse(answer(`HTTP/1.1 ${status} X`, line)).framing(method), framing);
    });
  }
});

describe('how long a node keeps an idle connection', () => {
  const CASES: readonly (readonly [value: string, seconds: number])[] = [
    ['timeout=5', 5],
    ['max=100, timeout=72', 72],
    ['Timeout=5; max=2', 5],
    ['timeout=0', 0],
    ['max=100', -1],
    ['xtimeout=5', -1],
    ['timeout=-5', -1],
    ['timeout=5s', -1],
    ['', -1],
  ];
  for (const [value, seconds] of CASES) {
    it(`Keep-Alive: ${value} says ${seconds}`, () => {
      assert.equal(parse(answer(OK, `Keep-Alive: ${value}`)).keepAliveSeconds, seconds);
    });
  }
});

describe('what a node says of itself beside the answer', () => {
  it('is its instance, which is passed on, and the session, which is not', () => {
    const head = parse(answer(OK, 'X-Cobrowse-Instance: i-1', 'x-cobrowse-session: 123456789', 'X: 1'));
    assert.deepEqual([head.instance, head.session], ['i-1', '123456789']);
    assert.equal(head.forwarded, `${OK}\r\nX-Cobrowse-Instance: i-1\r\nX: 1\r\n`);
    head.parse(answer(OK, 'X: 1'));
    assert.deepEqual([head.instance, head.session], ['', '']);
  });

  it('is Strict-Transport-Security, which is passed on', () => {
    const head = parse(answer(OK, 'strict-transport-Security: max-age=0'));
    assert.deepEqual([head.strictTransport, head.untouched], [true, true]);
    head.parse(answer(OK, 'Strict-Transport-Securitx: max-age=0', 'X-Strict-Transport-Security: max-age=0'));
    assert.equal(head.strictTransport, false);
  });

  it('is nothing when it says it several times', () => {
    const twice = (line: string): string[] => [`${line}1`, `${line}2`, `${line}3`];
    const head = parse(answer(OK, ...twice('X-Cobrowse-Instance: '), ...twice('X-Cobrowse-Session: ')));
    assert.deepEqual([head.instance, head.session], ['', '']);
  });

  it('is a cookie, found by its exact name among others', () => {
    const head = parse(
      answer(OK, 'Set-Cookie: xc=1', 'Set-Cookie-Not: c=0', 'SET-COOKIE:\t c=2; Path=/', 'Set-Cookie: c=3', 'C: c=4'),
    );
    assert.equal(head.setCookie('c'), 'c=2; Path=/');
    assert.equal(head.setCookie('C'), '');
    assert.equal(parse(answer(OK)).setCookie('c'), '');
  });
});
