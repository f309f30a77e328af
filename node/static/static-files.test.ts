import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startTestNode } from '../testing/nodes.ts';
import { RawClient } from '../testing/raw-client.ts';

describe('scripts are served', () => {
  const files: readonly [path: string, type: RegExp, content: RegExp][] = [
    ['/js/cometd/cometd.js', /^text\/javascript/, /export \* from "\.\/Client\.js"/],
    ['/js/cometd/Client.js', /^text\/javascript/, /class CometD/],
    ['/js/cometd/WebSocketTransport.js', /^text\/javascript/, /class WebSocketTransport/],
    ['/js/rrweb/rrweb.js', /^text\/javascript/, /export \{/],
    ['/js/rrweb/rrweb.min.js', /^text\/javascript/, /rrweb/],
    ['/js/rrweb/style.css', /^text\/css/, /\.replayer-wrapper/],
  ];
  for (const [path, type, content] of files) {
    test(path, async (t) => {
      const node = await startTestNode(t);
      const response = await fetch(`${node.url}${path}`, { headers: { Origin: 'https://shop.example.com' } });
      assert.equal(response.status, 200);
      assert.match(response.headers.get('content-type') ?? '', type);
      assert.equal(response.headers.get('access-control-allow-origin'), 'https://shop.example.com');
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(response.headers.get('cache-control'), 'public, max-age=300');
      assert.match(await response.text(), content);
    });
  }
});

test('what a browser has already is not sent again', async (t) => {
  const node = await startTestNode(t);
  const url = `${node.url}/js/cometd/cometd.js`;
  const etag = (await fetch(url)).headers.get('etag');
  assert.match(etag ?? '', /^"[\w-]{22}"$/);
  for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const { status, headers } = await fetch(url, { headers: { 'If-None-Match': value ?? '' } });
    assert.deepEqual([status, headers.get('etag')], [304, etag]);
  }
  assert.equal((await fetch(url, { headers: { 'If-None-Match': '"other"' } })).status, 200);
});

test('HEAD has the head of GET, and other methods are refused', async (t) => {
  const node = await startTestNode(t);
  const url = `${node.url}/js/rrweb/style.css`;
  const get = await fetch(url);
  const head = await fetch(url, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), String((await get.arrayBuffer()).byteLength));
  assert.equal(await head.text(), '');
  const post = await fetch(url, { method: 'POST', body: 'x' });
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
});

describe('nothing else is', () => {
  const paths = [
    '/js/',
    '/js/cometd/',
    '/js/cometd/package.json',
    '/js/cometd/../cometd/cometd.js',
    '/js/cometd/..%2f..%2f..%2fpackage.json',
    '/js/cometd/cometd.js%00',
    '/js/cometd/COMETD.js',
    '/js//cometd/cometd.js',
    '/js/../../../../etc/passwd',
    '/js/rrweb/rrweb.cjs',
    '/js/constructor',
    '/__proto__',
  ];
  for (const path of paths) {
    test(path, async (t) => {
      const node = await startTestNode(t);
      const client = await RawClient.connect(t, node.port);
      client.send(`GET ${node.options.base}${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      assert.match(await client.closed(), /^HTTP\/1\.1 404 /);
    });
  }
});
