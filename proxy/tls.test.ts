/** TLS of the whole proxy, known by the wire and by the tools of operators alone. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { CLI, configFile, ProxyProcess } from './control/testing/proxy-process.ts';
import { writeCertificate } from './testing/certificate-files.ts';
import { type Minted, mint } from './testing/certificates.ts';
import { startHoldingNode } from './testing/holding-node.ts';
import { ask } from './testing/http-client.ts';
import { startProxyFrom } from './testing/running-proxy.ts';
import { tlsClientFor } from './testing/tls-plane.ts';
import { until } from './testing/until.ts';

const CA = mint({ commonName: 'a CA', ca: true });
const FILES = { cert: 'a.pem', key: 'a.key' };
const UPGRADE =
  'GET /cobrowse/cometd HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

function certificateOfA(): Minted {
  return mint({ names: ['a.example'], by: CA });
}

async function setUp(t: TestContext, options: object = {}) {
  const node = await startHoldingNode(t, 'a');
  const file = await configFile(t, {
    listeners: [{ port: 0, tls: { certificates: [FILES] } }],
    admin: { port: 0 },
    workers: 2,
    health: { interval: '1h' },
    log: { level: 'debug' },
    nodes: [{ name: 'a', url: node.url }],
    ...options,
  });
  const directory = dirname(file);
  const certificate = certificateOfA();
  await writeCertificate(directory, 'a', certificate);
  const running = await startProxyFrom(t, file);
  return {
    ...running,
    file,
    directory,
    certificate,
    reload: () => ask(running.admin, { method: 'POST', path: '/reload' }),
    pids: async () => (await running.status()).workers.map(({ pid }) => pid).sort(),
    fingerprint: async (): Promise<string> => {
      const { socket } = await tlsClientFor(t, running, { servername: 'a.example' });
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    },
  };
}

/** Asks for something, and says whether the session was resumed, with a ticket for the next time. */
async function visit(t: TestContext, port: number, options: ConnectionOptions = {}) {
  const client = await tlsClientFor(t, { port }, { servername: 'a.example', ...options });
  client.send('GET /cobrowse/x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n');
  assert.match(await client.untilEnd(), /^HTTP\/1\.1 200 /);
  const session = client.socket.getSession();
  return { resumed: client.socket.isSessionReused(), ...(session && { session }) };
}

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** undefined where there is no such program. */
function run(program: string, args: readonly string[], input = ''): Promise<Finished | undefined> {
  return new Promise((resolve) => {
    const child = execFile(program, args, (error, stdout, stderr) => {
      const code = error?.code ?? 0;
      resolve(code === 'ENOENT' ? undefined : { code: Number(code), stdout, stderr });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

describe('a proxy with TLS', () => {
  it('gets other certificates while a WebSocket is open, and keeps those it has when they are broken', async (t) => {
    const { proxy, port, admin, directory, certificate, read, reload, pids, fingerprint } = await setUp(t);
    const before = await pids();
    const tunnel = await tlsClientFor(t, { port });
    tunnel.send(UPGRADE);
    await tunnel.until('101 Switching Protocols');
    assert.equal(await fingerprint(), certificate.fingerprint);
    assert.match(
      await read('/metrics'),
      /tls_certificate_expiry_timestamp_seconds\{listener="127\.0\.0\.1:0",certificate="0",name="a\.example"\} \d{10}\n/,
    );

    const broken = { cert: certificateOfA().cert, key: certificateOfA().key };
    await writeCertificate(directory, 'a', broken);
    await proxy.says(
      /configuration not taken: .*a\.key: expected the key of .*a\.pem, not that of another certificate/,
    );
    const answer = await reload();
    assert.equal(answer.status, 422);
    assert.match(
      answer.body,
      /proxy\.yaml:1:\d+: listeners\[0\]\.tls\.certificates\[0\]\.key: .*a\.key: expected the key/,
    );
    assert.equal(await fingerprint(), certificate.fingerprint);
    assert.match(await read('/metrics'), /config_last_reload_success 0\n/);

    const renewed = certificateOfA();
    await writeCertificate(directory, 'a', renewed);
    // Nobody asks for it: the files are looked at.
    await until(fingerprint, (now) => now === renewed.fingerprint);
    await proxy.says(/new configuration in force: certificates/);
    tunnel.send('still here.');
    await tunnel.until('still here.');
    assert.deepEqual(await pids(), before);

    const said = [proxy.stdout, proxy.stderr, answer.body, await read('/status'), await read('/metrics')].join('\n');
    for (const { key } of [certificate, broken, renewed]) {
      for (const line of key.split('\n').filter((text) => text.length > 20)) assert.equal(said.includes(line), false);
    }
    assert.equal((await ask(admin, { path: '/live' })).status, 200);
  });

  it('has TLS put on a listener, and a client CA, in place', async (t) => {
    const { file, directory, port, pids, reload } = await setUp(t, { listeners: [{ port: 0 }] });
    const config = JSON.parse(await readFile(file, 'utf8'));
    const listen = async (tls: object): Promise<void> => {
      await writeFile(file, JSON.stringify({ ...config, listeners: [{ port: 0, tls }] }));
      assert.equal((await reload()).status, 200);
    };
    const before = await pids();
    assert.equal((await ask(port, { path: '/cobrowse/x' })).body, 'a');
    await listen({ certificates: [FILES] });
    await until(
      () => visit(t, port).catch(() => undefined),
      (visited) => visited !== undefined,
    );
    await writeFile(join(directory, 'ca.pem'), CA.cert);
    await listen({ certificates: [FILES], clientCa: 'ca.pem' });
    await until(
      () => visit(t, port).catch(() => undefined),
      (visited) => visited === undefined,
    );
    const { cert, key } = mint({ commonName: 'an agent', by: CA });
    assert.equal((await visit(t, port, { cert, key })).resumed, false);
    assert.deepEqual(await pids(), before);
  });

  it('resumes sessions on whichever worker, also after a new program has taken over', async (t) => {
    const { proxy, port, read } = await setUp(t);
    const first = await visit(t, port);
    assert.equal(first.resumed, false);
    for (let n = 0; n < 20; n++) assert.equal((await visit(t, port, first)).resumed, true);
    assert.match(await read('/metrics'), /tls_handshakes_total\{session="resumed"\} 20\n/);
    proxy.child.kill('SIGUSR2');
    await proxy.says(/all workers are new/);
    assert.equal((await visit(t, port, first)).resumed, true);
  });

  it('tells of a failed handshake in one line of the debug log, and in a metric', async (t) => {
    const { proxy, port, read } = await setUp(t);
    await assert.rejects(ask(port, { path: '/cobrowse/x' }));
    await proxy.says(/a TLS handshake failed/);
    assert.match(await read('/metrics'), /tls_handshake_failures_total\{reason="not-tls"\} 1\n/);
    const lines = proxy.stderr.split('\n').filter((line) => line.includes('handshake'));
    assert.equal(lines.length, 1);
    const { reason, code, client } = JSON.parse(lines[0] ?? '');
    assert.deepEqual([reason, code, client], ['not-tls', 'ERR_SSL_HTTP_REQUEST', '127.0.0.1']);
  });

  it('is what curl and openssl expect', async (t) => {
    const { port, directory } = await setUp(t);
    await writeFile(join(directory, 'ca.pem'), CA.cert);
    const url = `https://a.example:${port}/cobrowse/x`;
    const curl = ['--silent', '--show-error', '--resolve', `a.example:${port}:127.0.0.1`];
    const trusting = [...curl, '--cacert', join(directory, 'ca.pem')];
    const answer = await run('curl', [...trusting, '--write-out', ' %{http_version} %{ssl_verify_result}', url]);
    if (answer === undefined) t.diagnostic('no curl');
    else {
      assert.equal(answer.stdout, 'a 2 0', answer.stderr);
      assert.equal((await run('curl', [...trusting, '--http1.1', url]))?.stdout, 'a');
      assert.equal((await run('curl', [...trusting, '--tls-max', '1.2', url]))?.stdout, 'a');
      assert.equal((await run('curl', [...trusting, '--tls-max', '1.1', url]))?.code, 35);
      assert.equal((await run('curl', [...curl, url]))?.code, 60);
    }
    const client = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'a.example', '-CAfile'];
    const openssl = await run('openssl', [...client, join(directory, 'ca.pem'), '-tls1_2', '-alpn', 'h2,http/1.1']);
    if (openssl === undefined) t.diagnostic('no openssl');
    else {
      assert.match(openssl.stdout, /Verify return code: 0 \(ok\)/);
      assert.match(openssl.stdout, /ALPN protocol: h2/);
      assert.match(openssl.stdout, /Cipher is ECDHE-ECDSA-AES128-GCM-SHA256/);
    }
  });
});

describe('a configuration with TLS', () => {
  it('is checked with its files, and not started without them', async (t) => {
    const file = await configFile(t, {
      listeners: [{ port: 0, tls: { certificates: [FILES] } }],
      admin: { port: 0 },
      nodes: [{ name: 'a', url: 'http://127.0.0.1:1' }],
    });
    const checkOf = async () => {
      const proxy = new ProxyProcess(t, [CLI, 'check', '--config', file]);
      return { code: await proxy.exited, stdout: proxy.stdout, stderr: proxy.stderr };
    };
    const missing = await checkOf();
    assert.equal(missing.code, 2);
    const lines = missing.stderr.trimEnd().split('\n');
    assert.equal(lines.length, 2);
    assert.match(
      lines[0] ?? '',
      /^.*proxy\.yaml:1:\d+: listeners\[0\]\.tls\.certificates\[0\]\.cert: .*a\.pem: cannot be read: no such file$/,
    );
    const started = new ProxyProcess(t, [CLI, 'start', '--config', file]);
    assert.equal(await started.exited, 2);
    assert.match(started.stderr, /a\.key: cannot be read: no such file/);

    await writeCertificate(dirname(file), 'a', mint({ names: ['a.example'], from: 0, to: 1000 }));
    const expired = await checkOf();
    assert.equal(expired.code, 0);
    assert.match(expired.stderr, /^warning: .*a\.pem: the certificate expired at 1970-01-01T00:00:01\.000Z\n$/);
    assert.match(expired.stdout, /^configuration ok: .*listening on 127\.0\.0\.1:0 \(TLS\);/);
  });
});
