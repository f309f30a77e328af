/**
 * What a scanner finds at a TLS listener with default settings: nothing weak. Without sslscan skipped, unless services
 * are required.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { mint } from '../testing/certificates.ts';
import { clientHello } from '../testing/client-hello.ts';
import { clientFor, nodeFor } from '../testing/for-test.ts';
import { tlsPlaneBefore } from '../testing/tls-plane.ts';

const SKIP =
  process.env.REQUIRE_SERVICES === '1' || spawnSync('sslscan', ['--version']).status === 0
    ? false
    : 'sslscan is not installed';

const CA = mint({ commonName: 'a CA', ca: true });

/** The attributes of every element with this name. */
type Findings = (element: string) => readonly Readonly<Record<string, string>>[];

async function scan(t: TestContext, key: 'ec' | 'rsa', minVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Findings> {
  const certificates = [mint({ names: ['a.example'], by: CA, key })];
  const plane = await tlsPlaneBefore(t, await nodeFor(t), { certificates, minVersion });
  const { stdout } = await promisify(execFile)('sslscan', ['--no-colour', '--xml=-', `127.0.0.1:${plane.port}`]);
  return (element) =>
    Array.from(stdout.matchAll(new RegExp(`<${element} ([^>]*)>`, 'g')), ([, attributes = '']) =>
      Object.fromEntries(Array.from(attributes.matchAll(/([\w-]+)="([^"]*)"/g), ([, name, value]) => [name, value])),
    );
}

const MODERN = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const OF_TLS_1_2 = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'];

describe('a scan of a TLS listener', { skip: SKIP }, () => {
  for (const { key, minVersion, versions, ciphers } of [
    {
      key: 'ec',
      minVersion: 'TLSv1.2',
      versions: ['1.2', '1.3'],
      ciphers: [...MODERN, ...OF_TLS_1_2.map((cipher) => `ECDHE-ECDSA-${cipher}`)],
    },
    {
      key: 'rsa',
      minVersion: 'TLSv1.2',
      versions: ['1.2', '1.3'],
      ciphers: [...MODERN, ...OF_TLS_1_2.map((cipher) => `ECDHE-RSA-${cipher}`)],
    },
    { key: 'ec', minVersion: 'TLSv1.3', versions: ['1.3'], ciphers: MODERN },
  ] as const) {
    it(`finds what is strong alone, with a key of kind ${key}, from ${minVersion}`, async (t) => {
      const findings = await scan(t, key, minVersion);
      const enabled = findings('protocol').filter((protocol) => protocol.enabled === '1');
      assert.deepEqual(
        enabled.map(({ type, version }) => `${type} ${version}`),
        versions.map((version) => `tls ${version}`),
      );
      assert.deepEqual(
        findings('cipher')
          .map(({ cipher }) => cipher)
          .sort(),
        [...ciphers].sort(),
      );
      for (const { cipher, bits, strength, ecdhebits, dhebits } of findings('cipher')) {
        assert.ok(Number(bits) >= 128 && Number(ecdhebits) >= 253 && dhebits === undefined, cipher);
        assert.ok(strength === 'strong' || strength === 'acceptable', `${cipher}: ${strength}`);
      }
      for (const { name, bits } of findings('group')) assert.ok(Number(bits) >= 128, name);
      assert.ok(findings('heartbleed').every(({ vulnerable }) => vulnerable === '0'));
      assert.ok(findings('renegotiation').every(({ supported }) => supported === '0'));
      assert.ok(findings('pk').every(({ error }) => error === 'false'));
      assert.equal(findings('pk').length, 1, 'it has been to the end');
    });
  }
});

describe('a TLS listener', () => {
  it('compresses nothing, whatever is offered (CVE-2012-4929)', async (t) => {
    const certificates = [mint({ names: ['a.example'], by: CA })];
    const plane = await tlsPlaneBefore(t, await nodeFor(t), { certificates });
    const client = await clientFor(t, plane);
    client.send(clientHello([{ name: 'a.example' }], [1, 0]));
    await client.until((received) => received.length > 128);
    const hello = Buffer.from(client.received, 'latin1');
    // Record (5), message (4), version (2), random (32), session id with its length, cipher (2), compression.
    const sessionId = hello[43] ?? 0;
    assert.deepEqual([hello[0], hello[5], hello[44 + sessionId + 2]], [22, 2, 0]);
  });
});
