/** Other people's clients of HTTP/2. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { WebSocketServer } from 'ws';
import { CHROMIUM_SKIP, launchBrowser } from '../../../config/testing/chromium.ts';
import { HTTP2_FAULTS } from '../../http2/faults.ts';
import { mint } from '../../testing/certificates.ts';
import type { TestPlane } from '../../testing/data-plane.ts';
import { eventually } from '../../testing/eventually.ts';
import { planeBefore } from '../../testing/for-test.ts';
import { HTTP2_LISTENER } from '../../testing/raw-http2-client.ts';
import { tlsPlaneBefore } from '../../testing/tls-plane.ts';

const EC = mint({ names: ['localhost'] });
const BIG = Buffer.alloc(3_000_000, 'x');

/** A page, a large file, a sum of what is uploaded, and a WebSocket that echoes. */
async function siteFor(t: TestContext): Promise<{ readonly port: number; readonly forwardedProtos: Set<string> }> {
  const forwardedProtos = new Set<string>();
  const server = createServer((request, response) => {
    forwardedProtos.add(String(request.headers['x-forwarded-proto']));
    if (request.url === '/big') response.end(BIG);
    else if (request.method === 'POST') {
      const hash = createHash('sha256');
      request.on('data', (chunk: Buffer) => hash.update(chunk));
      request.on('end', () => response.end(hash.digest('hex')));
    } else response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>a page</title>');
  });
  new WebSocketServer({ server }).on('connection', (socket) => {
    socket.on('message', (message) => socket.send(`${message} back`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, forwardedProtos };
}

/** What a program says; undefined where it is not installed. */
function run(program: string, args: readonly string[]): Promise<{ stdout: string; stderr: string } | undefined> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 2 * BIG.length }, (error, stdout, stderr) => {
      const missing = error?.code === 'ENOENT' && process.env.REQUIRE_SERVICES !== '1';
      if (missing) resolve(undefined);
      else if (error !== null) reject(new Error(`${error.message}: ${stderr}`));
      else resolve({ stdout, stderr });
    });
  });
}

/** Nothing was held against the client, and nothing stays of it. */
async function nothingLeft({ stats, records }: TestPlane, most: string): Promise<void> {
  await eventually(() => stats.clientConnections === 0);
  assert.deepEqual(
    HTTP2_FAULTS.map((fault) => stats.http2Faults[fault]),
    HTTP2_FAULTS.map(() => 0),
  );
  assert.ok(records.some(({ httpVersion }) => httpVersion === '2'));
  assert.deepEqual(
    records.map(({ termination }) => termination).filter((termination) => termination !== most),
    [],
  );
  assert.equal(stats.inFlight, 0);
}

describe('HTTP/2 is spoken with', () => {
  it('curl, with TLS and without', async (t) => {
    const { port, forwardedProtos } = await siteFor(t);
    const secure = await tlsPlaneBefore(t, { port }, { certificates: [EC] });
    const plain = await planeBefore(t, { port }, { listeners: [HTTP2_LISTENER] });
    for (const [plane, url, option] of [
      [secure, `https://127.0.0.1:${secure.port}`, '--http2'],
      [plain, `http://127.0.0.1:${plain.port}`, '--http2-prior-knowledge'],
    ] as const) {
      const args = ['--silent', '--show-error', '--insecure', option, '--write-out', ' %{http_version}'];
      const page = await run('curl', [...args, `${url}/`]);
      if (page === undefined) return t.skip('no curl');
      assert.match(page.stdout, /a page.* 2$/);
      const big = await run('curl', [...args, `${url}/big`]);
      assert.equal(big?.stdout.length, BIG.length + 2);
      const body = 'y'.repeat(500_000);
      const sum = createHash('sha256').update(body).digest('hex');
      const uploading = ['--data-binary', '@-'];
      const child = run('sh', [
        '-c',
        `head -c 500000 /dev/zero | tr '\\0' y | curl "$@"`,
        'sh',
        ...args,
        ...uploading,
        `${url}/up`,
      ]);
      assert.equal((await child)?.stdout, `${sum} 2`);
      await nothingLeft(plane, 'completed');
    }
    assert.deepEqual([...forwardedProtos].sort(), ['http', 'https']);
  });

  it('h2load, with many requests at once', async (t) => {
    const { port } = await siteFor(t);
    const plane = await planeBefore(t, { port }, { listeners: [HTTP2_LISTENER] });
    const load = await run('h2load', ['-n', '1000', '-c', '10', '-m', '50', `http://127.0.0.1:${plane.port}/`]);
    if (load === undefined) return t.skip('no h2load');
    assert.match(load.stdout, / 1000 succeeded, 0 failed, 0 errored/);
    assert.equal(plane.stats.connectionsAccepted, 10);
    await nothingLeft(plane, 'completed');
  });

  it('Chromium, whose WebSocket goes over it as well', { skip: CHROMIUM_SKIP }, async (t) => {
    const { port } = await siteFor(t);
    const plane = await tlsPlaneBefore(t, { port }, { certificates: [EC] });
    const browser = await launchBrowser(['--ignore-certificate-errors']);
    t.after(() => browser.close());
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    // A busy machine may take its time.
    page.setDefaultTimeout(240_000);
    await page.goto(`https://localhost:${plane.port}/`);
    const seen = await page.evaluate(`(async () => {
      const big = await (await fetch('/big')).text();
      const sum = await (await fetch('/up', { method: 'POST', body: 'y'.repeat(500_000) })).text();
      const socket = new WebSocket(location.href.replace('https', 'wss') + 'cometd');
      await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
      socket.send('there');
      const { data } = await new Promise((resolve) => { socket.onmessage = resolve; });
      socket.close();
      await new Promise((resolve) => { socket.onclose = resolve; });
      const protocols = performance.getEntries().map(({ nextHopProtocol }) => nextHopProtocol).filter(Boolean);
      return { big: big.length, sum, data, protocols: [...new Set(protocols)] };
    })()`);
    assert.deepEqual(seen, {
      big: BIG.length,
      sum: createHash('sha256').update('y'.repeat(500_000)).digest('hex'),
      data: 'there back',
      protocols: ['h2'],
    });
    const tunnel = await plane.recorded((record) => record.tunnel);
    assert.deepEqual([tunnel.httpVersion, tunnel.status, tunnel.termination], ['2', 101, 'tunnel-closed']);
    await browser.close();
    await eventually(() => plane.stats.clientConnections === 0);
  });
});
