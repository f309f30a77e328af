import assert from 'node:assert/strict';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { proxySchema } from '../../config/proxy-schema.ts';
import { mint } from '../testing/certificates.ts';
import { readCertificates } from './certificates.ts';

const NODES = [{ name: 'a', url: 'http://127.0.0.1:8701' }];
const A = mint({ names: ['a.example', '*.A.example'] });
const B = mint({ names: ['b.example'] });
const CA = mint({ commonName: 'clients', ca: true });

/** Reads what a listener with this TLS names, in a directory with these files. */
async function read(t: TestContext, tls: object, files: Readonly<Record<string, string>>) {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-proxy-'));
  t.after(() => rm(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const config = proxySchema.parse({ nodes: NODES, listeners: [{ port: 1 }, { port: 443, tls }] });
  const reading = readCertificates(config, directory);
  const faults = reading.faults.map(
    ({ path, message }) => `${path.join('.')}: ${message.replaceAll(directory, 'DIR')}`,
  );
  return { ...reading, faults, warnings: reading.warnings.map((line) => line.replace(directory, 'DIR')), directory };
}

const ONE = { certificates: [{ cert: 'a.pem', key: 'a.key' }] };

test('certificates come with their names, and expire', async (t) => {
  const both = { certificates: [...ONE.certificates, { cert: 'b.pem', key: 'b.key' }], clientCa: 'ca.pem' };
  const files = { 'a.pem': A.cert, 'a.key': A.key, 'b.pem': `${B.cert}${CA.cert}`, 'b.key': B.key, 'ca.pem': CA.cert };
  const { material, expiries, faults, warnings, files: seen, directory } = await read(t, both, files);
  assert.deepEqual([faults, warnings], [[], []]);
  assert.deepEqual(material.listeners, [
    null,
    {
      certificates: [
        { cert: A.cert, key: A.key, names: ['a.example', '*.a.example'] },
        { cert: files['b.pem'], key: B.key, names: ['b.example'] },
      ],
      minVersion: 'TLSv1.2',
      clientCa: CA.cert,
    },
  ]);
  assert.deepEqual(
    expiries.map(({ listener, index, name }) => [listener, index, name]),
    [
      ['127.0.0.1:443', 0, 'a.example'],
      ['127.0.0.1:443', 1, 'b.example'],
    ],
  );
  const days = (Number(expiries[0]?.expiresAt) - Date.now()) / 86_400_000;
  assert.ok(days > 0.9 && days < 1.1);
  assert.deepEqual(
    [...seen],
    Object.entries(files)
      .map(([name, text]) => [join(directory, name), text])
      .sort(([one], [other]) => order(one) - order(other)),
  );
});

/** Of reading: the CA first. */
function order(file: string | undefined): number {
  return ['ca.pem', 'a.pem', 'a.key', 'b.pem', 'b.key'].findIndex((name) => file?.endsWith(name));
}

const encrypted = String(
  createPrivateKey(A.key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }),
);
const weak = mint({ names: ['weak.example'], key: 'rsa', rsaBits: 1024 });
const cert = 'listeners.1.tls.certificates.0.cert';
const key = 'listeners.1.tls.certificates.0.key';
const noKey = `${key}: DIR/a.key: expected a private key in PEM, not encrypted`;

for (const [what, files, expected, tls = ONE] of [
  ['no certificate', { 'a.key': A.key }, [`${cert}: DIR/a.pem: cannot be read: no such file`]],
  ['no key', { 'a.pem': A.cert }, [`${key}: DIR/a.key: cannot be read: no such file`]],
  [
    'the key in the place of the certificate',
    { 'a.pem': A.key, 'a.key': A.key },
    [`${cert}: DIR/a.pem: expected a certificate in PEM`],
  ],
  ['the certificate in the place of the key', { 'a.pem': A.cert, 'a.key': A.cert }, [noKey]],
  [
    'half a certificate',
    { 'a.pem': A.cert.slice(0, 300), 'a.key': A.key },
    [`${cert}: DIR/a.pem: expected a certificate in PEM`],
  ],
  ['half a key', { 'a.pem': A.cert, 'a.key': A.key.slice(0, 100) }, [noKey]],
  ['an encrypted key', { 'a.pem': A.cert, 'a.key': encrypted }, [noKey]],
  [
    'noise',
    { 'a.pem': randomBytes(99).toString('hex'), 'a.key': '' },
    [`${cert}: DIR/a.pem: expected a certificate in PEM`, noKey],
  ],
  [
    'the key of another certificate',
    { 'a.pem': A.cert, 'a.key': B.key },
    [`${key}: DIR/a.key: expected the key of DIR/a.pem, not that of another certificate`],
  ],
  ['a key that is too short', { 'a.pem': weak.cert, 'a.key': weak.key }, [`${cert}: DIR/a.pem: cannot be used: …`]],
  [
    'a chain that breaks off',
    { 'a.pem': A.cert + CA.cert.slice(0, 300), 'a.key': A.key },
    [`${cert}: DIR/a.pem: cannot be used: …`],
  ],
  [
    'no CA',
    { 'a.pem': A.cert, 'a.key': A.key },
    ['listeners.1.tls.clientCa: DIR/ca.pem: cannot be read: no such file'],
    { ...ONE, clientCa: 'ca.pem' },
  ],
  [
    'a CA that is none',
    { 'a.pem': A.cert, 'a.key': A.key, 'ca.pem': CA.key },
    ['listeners.1.tls.clientCa: DIR/ca.pem: expected certificates of CAs in PEM'],
    { ...ONE, clientCa: 'ca.pem' },
  ],
] as const) {
  test(`${what} is one line, which shows nothing of a key`, async (t) => {
    const { faults } = await read(t, tls, files);
    // The reason is in the words of OpenSSL.
    const lines = faults.map((line) => line.replace(/(cannot be used): .+/, '$1: …'));
    assert.deepEqual(lines, expected);
    assert.doesNotMatch(faults.join('\n'), /BEGIN|MIG|MII/);
  });
}

test('what works and should not stay so is a warning', async (t) => {
  const old = mint({ names: ['old.example'], from: 0, to: Date.UTC(2001, 1, 3, 4, 5, 6) });
  const early = mint({ names: ['early.example'], from: Date.UTC(2999, 0), to: Date.UTC(3000, 0) });
  const nameless = mint({ key: 'rsa' });
  const files = Object.entries({ old, early, nameless }).flatMap(([name, it]) => [
    [`${name}.pem`, it.cert],
    [`${name}.key`, it.key],
  ]);
  const certificates = ['old', 'early', 'nameless'].map((name) => ({ cert: `${name}.pem`, key: `${name}.key` }));
  const { faults, warnings } = await read(t, { certificates }, Object.fromEntries(files));
  assert.deepEqual(faults, []);
  assert.deepEqual(warnings, [
    'DIR/old.pem: the certificate expired at 2001-02-03T04:05:06.000Z',
    'DIR/early.pem: the certificate is not valid before 2999-01-01T00:00:00.000Z',
    'DIR/nameless.pem: names no host in its subjectAltName, so that no client gets it',
    'listeners[1].tls: the certificates have keys of different kinds, so that clients which send no name are refused',
  ]);
});

test('a certificate that no client can get is a warning, whatever its kind of key', async (t) => {
  const a = mint({ names: ['a.example', '*.a.example'] });
  const partly = mint({ names: ['*.A.example', 'b.example'] });
  const wholly = mint({ names: ['B.example', 'a.example'], key: 'rsa' });
  const files = Object.entries({ a, partly, wholly }).flatMap(([name, it]) => [
    [`${name}.pem`, it.cert],
    [`${name}.key`, it.key],
  ]);
  const certificates = ['a', 'partly', 'wholly'].map((name) => ({ cert: `${name}.pem`, key: `${name}.key` }));
  const { faults, warnings } = await read(t, { certificates }, Object.fromEntries(files));
  assert.deepEqual(faults, []);
  assert.deepEqual(warnings, [
    'DIR/wholly.pem: all its names are those of certificates before it, so that no client gets it',
    'listeners[1].tls: the certificates have keys of different kinds, so that clients which send no name are refused',
  ]);
});

test('what nodes with TLS are asked for and shown is read by the names in the configuration', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-proxy-'));
  t.after(() => rm(directory, { recursive: true }));
  const files = { 'ca.pem': CA.cert, 'a.pem': A.cert, 'a.key': A.key, 'b.pem': B.cert, 'b.key': B.key };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const node = (name: string, tls?: object) => ({ name, url: `https://${name}.example`, ...(tls && { tls }) });
  const readNodes = (nodeTls: object, ...nodes: readonly object[]) => {
    const reading = readCertificates(proxySchema.parse({ nodes, nodeTls }), directory);
    const faults = reading.faults.map(
      ({ path, message }) => `${path.join('.')}: ${message.replaceAll(directory, 'DIR')}`,
    );
    return { nodeFiles: reading.material.nodeFiles, faults, seen: [...reading.files.keys()] };
  };
  const { nodeFiles, faults, seen } = readNodes(
    { ca: 'ca.pem', cert: 'a.pem', key: 'a.key' },
    node('a'),
    node('b', { cert: 'b.pem', key: 'b.key', ca: 'ca.pem' }),
  );
  assert.deepEqual([nodeFiles, faults], [files, []]);
  assert.deepEqual(
    seen.sort(),
    Object.keys(files)
      .map((name) => join(directory, name))
      .sort(),
  );

  // Each is well beside its own.
  const crossed = readNodes({ cert: 'a.pem', key: 'a.key' }, node('a', { cert: 'b.pem', key: 'b.key' }), {
    ...node('b', { cert: 'a.pem', key: 'b.key', ca: 'a.key' }),
  });
  assert.deepEqual(crossed.faults, [
    'nodes.1.tls.ca: DIR/a.key: expected certificates of CAs in PEM',
    'nodes.1.tls.key: DIR/b.key: expected the key of DIR/a.pem, not that of another certificate',
  ]);
  assert.deepEqual(readNodes({ ca: 'none.pem' }, node('a')).faults, [
    'nodeTls.ca: DIR/none.pem: cannot be read: no such file',
  ]);
});
