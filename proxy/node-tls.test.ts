/** Nodes with TLS behind the whole proxy: what operators see, and what they can change while it runs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CLI, configFile, ProxyProcess } from './control/testing/proxy-process.ts';
import { writeCertificate } from './testing/certificate-files.ts';
import { type Minted, mint } from './testing/certificates.ts';
import { ask } from './testing/http-client.ts';
import { startProxyFrom } from './testing/running-proxy.ts';
import { until } from './testing/until.ts';

const CA = mint({ commonName: 'a CA', ca: true });
const NEW_CA = mint({ commonName: 'a new CA', ca: true });

function certificateBy(by: Minted): Minted {
  return mint({ names: ['node.example'], by });
}

/** Lets in those alone that show a certificate of `CA`. Ends with the test. */
async function startNode(t: TestContext): Promise<{ readonly server: Server; readonly url: string }> {
  const { cert, key } = certificateBy(CA);
  const server = createServer({ cert, key, ca: CA.cert, requestCert: true }, (_, response) => response.end('a'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/cobrowse` };
}

async function configured(t: TestContext, url: string): Promise<{ readonly file: string; readonly client: Minted }> {
  const file = await configFile(t, {
    listeners: [{ port: 0 }],
    admin: { port: 0 },
    workers: 1,
    health: { interval: '100ms', fastInterval: '50ms' },
    nodeTls: { ca: 'ca.pem', serverName: 'node.example' },
    nodes: [{ name: 'a', url, tls: { cert: 'client.pem', key: 'client.key' } }],
  });
  const client = mint({ commonName: 'the proxy', by: CA });
  await writeCertificate(dirname(file), 'client', client);
  await writeFile(join(dirname(file), 'ca.pem'), CA.cert);
  return { file, client };
}

describe('a proxy before nodes with TLS', () => {
  it('says why one is ejected, and takes another CA for it in place', async (t) => {
    const { server, url } = await startNode(t);
    const { file, client } = await configured(t, url);
    const { proxy, port, status, read, incidents } = await startProxyFrom(t, file);
    const get = () => ask(port, { path: '/cobrowse/x' });
    const node = async () => (await status()).nodes[0];
    assert.equal((await get()).body, 'a');
    assert.deepEqual([(await node())?.url, (await node())?.tlsFailure], [url, null]);

    const { cert, key } = certificateBy(NEW_CA);
    server.setSecureContext({ cert, key, ca: CA.cert });
    server.closeAllConnections();
    await until(node, (seen) => seen?.state === 'down');
    assert.equal((await node())?.tlsFailure, 'its certificate is not of a CA that is trusted');
    await proxy.says(/node a goes from up to down: its certificate is not of a CA that is trusted/);
    // The workers hear of it after the primary.
    await until(get, ({ body }) => body.includes('no_node_available'));
    assert.ok((await incidents()).some(({ kind, cause }) => kind === 'ejection' && cause === 'tls'));
    assert.match(await read('/metrics'), /health_polls_total\{node="a",result="tls"\} [1-9]/);

    await writeFile(join(dirname(file), 'ca.pem'), `${CA.cert}${NEW_CA.cert}`);
    await until(node, (seen) => seen?.state === 'up');
    await until(get, ({ body }) => body === 'a');
    assert.equal((await node())?.tlsFailure, null);
    await proxy.says(/new configuration in force: certificates/);

    const said = [proxy.stdout, proxy.stderr, await read('/status'), await read('/metrics')].join('\n');
    const secret = client.key.split('\n').filter((text) => text.length > 20);
    for (const line of secret) assert.equal(said.includes(line), false);
  });

  it('is checked with its files', async (t) => {
    const { file } = await configured(t, 'https://127.0.0.1:1');
    const check = async () => {
      const proxy = new ProxyProcess(t, [CLI, 'check', '--config', file]);
      return { code: await proxy.exited, stdout: proxy.stdout, stderr: proxy.stderr };
    };
    const well = await check();
    assert.deepEqual([well.code, well.stderr], [0, '']);
    const { cert } = mint({ commonName: 'another' });
    await writeFile(join(dirname(file), 'client.pem'), cert);
    const broken = await check();
    assert.equal(broken.code, 2);
    assert.match(
      broken.stderr,
      /^.*proxy\.yaml:1:\d+: nodes\[0\]\.tls\.key: .*client\.key: expected the key of .*client\.pem, not that of another certificate\n$/,
    );
  });
});
