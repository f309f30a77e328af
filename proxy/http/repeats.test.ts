import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AnswerHead } from './answer-head.ts';
import { type Forwarding, requestHeadFor } from './forward-request.ts';
import { type HeadLimits, RequestHead } from './request-head.ts';

const LIMITS: HeadLimits = { head: 400, headers: 6, target: 40 };
const FORWARDING: Forwarding = {
  peer: '192.0.2.1',
  trusted: false,
  proto: 'http',
  http2: false,
  via: 'proxy',
  requestIdHeader: 'X-Request-Id',
};

const requestLine = fc.constantFrom(
  'GET /a HTTP/1.1',
  'GET /a?b HTTP/1.1',
  'POST /a HTTP/1.1',
  'GET /a HTTP/1.0',
  'GET http://a/b HTTP/1.1',
  'GET http://b/b HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'GET * HTTP/1.1',
  `GET /${'a'.repeat(40)} HTTP/1.1`,
  `GET /${'a'.repeat(30)} HTTP/1.1`,
  'GET  /a HTTP/1.1',
  '\r\nGET /a HTTP/1.1',
  'TRACE /a HTTP/1.1',
);
const requestFields = fc.constantFrom(
  ['Host: a'],
  ['Host: b'],
  ['Host: a', 'Cookie: c=1', 'Cookie: d=2'],
  ['Host: A', 'Connection: close, x', 'X: 1', 'Origin: http://a'],
  ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket'],
  ['Host: a', 'Content-Length: 5', 'Expect: 100-continue'],
  ['Host: a', 'Transfer-Encoding: chunked', 'Via: 1.1 x', 'Forwarded: for=b'],
  ['Host: a', 'X-Forwarded-For: b', 'X-Forwarded-Host: c', 'X-Request-Id: d', 'traceparent: e', 'tracestate: f'],
  ['Host: a', `Y: ${'y'.repeat(345)}`],
  ['Host: a', 'Content-Length: x', 'Origin: http://b'],
  ['Host: a', 'Host: b', 'Cookie: c=2'],
  ['Cookie: c=3'],
  ['Host: a', 'A: 1', 'B: 1', 'C: 1', 'D: 1', 'E: 1', 'F: 1'],
);
const answer = fc.constantFrom(
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno',
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nSet-Cookie: c=1\r\nSet-Cookie: d=1\r\nX-Cobrowse-Instance: i\r\nX-Cobrowse-Session: s\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nStrict-Transport-Security: max-age=1\r\n\r\n',
);

function askedOf(head: RequestHead, length: number): object {
  if (length <= 0) return { length, refusal: head.refusal, origin: head.origin };
  const { method, target, authority, host, cookie, origin, http10, contentLength, chunked, expectsContinue } = head;
  const { websocket, keepAlive, requestId, traceparent, tracestate, fields, needsHost } = head;
  const sent = requestHeadFor(head, target, 'node', FORWARDING, 'id');
  const asked = { method, target, authority, host, cookie, origin, http10, contentLength, chunked, expectsContinue };
  return { length, ...asked, websocket, keepAlive, requestId, traceparent, tracestate, fields, needsHost, sent };
}

function saidBy(head: AnswerHead, length: number): object {
  if (length <= 0) return { length };
  const { status, http10, contentLength, chunked, keepAliveSeconds, instance, session, strictTransport } = head;
  const { keepAlive, upgradesToWebsocket, untouched, forwarded } = head;
  const said = { status, http10, contentLength, chunked, keepAliveSeconds, instance, session, strictTransport };
  return { length, ...said, keepAlive, upgradesToWebsocket, untouched, forwarded, cookie: head.setCookie('c') };
}

/** So few in one history, so that what comes next is often what was there before. */
function two<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(values, { minLength: 2, maxLength: 2 });
}

describe('a head that is read after others', () => {
  const request = fc.record({
    line: fc.nat(1),
    fields: fc.nat(1),
    behind: fc.constantFrom('', 'GET /b HTTP/1.1\r\n'),
    /** It comes in two pieces. */
    cut: fc.option(fc.nat(60), { freq: 4, nil: undefined }),
    times: fc.array(
      fc.record({
        traced: fc.boolean(),
        /** What becomes of a head whose request is held. */
        shed: fc.boolean(),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  });
  const requests = fc.array(request, { maxLength: 8 });

  it('is the request that a new object reads', () => {
    fc.assert(
      fc.property(fc.boolean(), two(requestLine), two(requestFields), requests, (trusted, lines, fields, requests) => {
        const head = new RequestHead(LIMITS, 'X-Request-Id', trusted);
        for (const { line, fields: which, behind, cut, times } of requests) {
          const text = [lines[line], ...(fields[which] ?? []), '', ''].join('\r\n');
          for (const { traced, shed } of times) {
            if (cut !== undefined) head.parse(text.slice(0, cut), traced);
            const alone = new RequestHead(LIMITS, 'X-Request-Id', trusted);
            const expected = askedOf(alone, alone.parse(text + behind, traced));
            assert.deepEqual(askedOf(head, head.parse(text + behind, traced)), expected);
            if (shed) head.shed();
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the answer that a new object reads', () => {
    const answers = fc.array(fc.record({ text: answer, takes: fc.boolean(), again: fc.nat(2) }), { maxLength: 8 });
    fc.assert(
      fc.property(answers, (answers) => {
        const head = new AnswerHead(LIMITS);
        for (const { text, takes, again } of answers) {
          for (let times = again; times >= 0; times--) {
            const alone = new AnswerHead(LIMITS);
            const expected = saidBy(alone, alone.parse(text));
            assert.deepEqual(saidBy(head, head.parse(text)), expected);
            if (!takes) continue;
            assert.deepEqual(head.takeSetCookies('c'), alone.takeSetCookies('c'));
            assert.deepEqual(saidBy(head, 1), saidBy(alone, 1));
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is not read anew where it says the same', () => {
    const head = new RequestHead(LIMITS, 'X-Request-Id', false);
    const rest = 'Host: a\r\nCookie: c=1\r\n\r\n';
    head.parse(`GET /a HTTP/1.1\r\n${rest}`);
    assert.equal(head.repeated, false);
    head.parse(`GET /b HTTP/1.1\r\n${rest}`);
    assert.equal(head.repeated, true);
    head.parse(`GET /b HTTP/1.1\r\n${rest.replace('1', '2')}`);
    assert.deepEqual([head.repeated, head.cookie], [false, 'c=2']);
  });
});
