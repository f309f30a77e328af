import assert from 'node:assert/strict';
import test from 'node:test';
import { proxySchema } from '../../config/proxy-schema.ts';
import { type Question, readQuestion } from './question.ts';

const CONFIG = proxySchema.parse({ nodes: [{ name: 'CB_1', url: 'http://127.0.0.1:8701/cobrowse' }] });

function read(question: Partial<Question>) {
  return readQuestion({ method: '', url: '', cookie: '', token: '', ...question }, CONFIG);
}

for (const [what, question, line, port] of [
  ['a token alone asks for its session', { token: '123' }, 'GET /cobrowse/rest/live/sessions/123', undefined],
  ['a cookie alone opens the live channel', { cookie: 'CB_1' }, 'GET /cobrowse/cometd', undefined],
  ['a path is taken as it is', { url: '/a/../b?c=/d' }, 'GET /a/../b?c=/d', undefined],
  ['a URL names a host', { url: 'https://N1.example.com/x' }, 'GET /x N1.example.com', 443],
  ['a URL names a port', { url: 'http://n1.example.com:8700/x' }, 'GET /x n1.example.com:8700', 8700],
  ['the usual port is no part of a Host', { url: 'https://n1.example.com:443/x' }, 'GET /x n1.example.com', 443],
  ['a URL without a path', { url: 'http://n1?q#f' }, 'GET /?q n1', 80],
  ['a token stands for {id}', { url: '/u/{id}/stop', token: 'a b', method: 'POST' }, 'POST /u/a%20b/stop', undefined],
] as const) {
  test(what, () => {
    const reading = read(question);
    assert.ok(reading.ok);
    const { method, target, authority } = reading.request;
    assert.deepEqual([`${method} ${target} ${authority}`.trim(), reading.port], [line, port]);
  });
}

test('a name is the value of the stickiness cookie, and all else a Cookie header', () => {
  for (const [cookie, header] of [
    ['CB_1', 'gcbSessionServer=CB_1'],
    ['a=1; gcbSessionServer=CB_1', 'a=1; gcbSessionServer=CB_1'],
    ['', ''],
  ] as const) {
    const reading = read({ url: '/', cookie });
    assert.equal(reading.ok && reading.request.cookie, header);
  }
});

for (const [question, problem] of [
  [{ url: '/x', token: '123' }, 'url: expected {id} where the token stands'],
  [{ url: '/x/{id}' }, 'token: expected what stands for {id} in the url'],
  [{ url: 'x' }, 'url: expected http://…, https://… or a path such as /cobrowse/'],
  [{ url: 'http:///x' }, 'url: expected a host'],
  [{ url: '/', cookie: 'a=1\r\nX: y' }, 'cookie: expected one line of text'],
  [{ url: `/${'x'.repeat(8192)}` }, 'url: expected one line of text'],
] as const) {
  test(problem, () => assert.deepEqual(read(question), { ok: false, problem }));
}
