import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAnswers } from '../testing/read-answers.ts';
import { REFUSALS, type RefusalCode, type RefusalOptions, refusalAnswer } from './refusals.ts';

const OPTIONS: RefusalOptions = {
  requestId: 'r-1',
  close: true,
  headOnly: false,
  retryAfter: -1,
  expireCookies: [],
  origin: '',
};
const CODES = Object.keys(REFUSALS) as RefusalCode[];

function refuse(code: RefusalCode, options: Partial<RefusalOptions> = {}) {
  const methods = options.headOnly === true ? ['HEAD'] : [];
  const [answer, ...others] = readAnswers(refusalAnswer(code, { ...OPTIONS, ...options }), methods);
  assert.ok(answer);
  assert.deepEqual(others, []);
  return answer;
}

describe('a refusal', () => {
  for (const code of CODES) {
    it(`${code} is one whole JSON answer`, () => {
      const { status, body, lines } = refuse(code);
      const { message } = REFUSALS[code];
      assert.equal(status, REFUSALS[code].status);
      assert.deepEqual(JSON.parse(body), { error: { code, message, requestId: 'r-1' } });
      assert.ok(lines.includes('Content-Type: application/json'));
      assert.ok(lines.includes('Cache-Control: no-store'));
      assert.ok(lines.includes('Connection: close'));
    });
  }

  it('blames a client with 4xx and a node with 5xx', () => {
    const ofNodes = CODES.filter((code) => /node|session/.test(code));
    for (const code of CODES) assert.equal(REFUSALS[code].status >= 500, ofNodes.includes(code), code);
  });

  it('to a HEAD has no body, and its length all the same', () => {
    const length = Buffer.byteLength(refuse('no_node_available').body);
    const { body, lines } = refuse('no_node_available', { headOnly: true });
    assert.equal(body, '');
    assert.ok(lines.includes(`Content-Length: ${length}`));
  });

  it('says Connection, Retry-After, Set-Cookie and Allow only when it means it', () => {
    const { lines } = refuse('node_unreachable', { close: false });
    assert.ok(!lines.some((line) => /^(?:connection|retry-after|set-cookie|allow):/i.test(line)), lines.join());
    assert.ok(refuse('node_unreachable', { retryAfter: 0 }).lines.includes('Retry-After: 0'));
    assert.ok(refuse('method_not_allowed').lines.includes('Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'));
    const lost = refuse('session_lost', {
      expireCookies: [
        { name: 'c', place: 'Path=/' },
        { name: 'd', place: 'Path=/' },
      ],
    }).lines;
    const expired = '; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT';
    assert.deepEqual(
      lost.filter((line) => line.startsWith('Set-Cookie:')),
      ['c', 'd'].flatMap((name) => [
        `Set-Cookie: ${name}=${expired}`,
        `Set-Cookie: ${name}=${expired}; Secure; SameSite=None`,
        `Set-Cookie: ${name}=${expired}; Secure; SameSite=None; Partitioned`,
      ]),
    );
  });

  it('may be read by the page that asked, whatever its origin, with its Retry-After', () => {
    const { lines } = refuse('node_unreachable', { origin: 'https://www.example.com', retryAfter: 1 });
    assert.ok(lines.includes('Access-Control-Allow-Origin: https://www.example.com'));
    assert.ok(lines.includes('Access-Control-Allow-Credentials: true'));
    assert.ok(lines.includes('Access-Control-Expose-Headers: Retry-After'));
    assert.ok(lines.includes('Vary: Origin'));
  });

  for (const origin of ['', ' ', '*', 'https://a.example, https://b.example', 'https://a.example/x']) {
    it(`grants nothing to ${JSON.stringify(origin)}, which is no origin`, () => {
      assert.ok(!refuse('session_lost', { origin }).lines.some((line) => /^(?:access-control|vary)/i.test(line)));
    });
  }
});
