import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

const read = async (name: string) => JSON.parse(await readFile(new URL(`../${name}`, import.meta.url), 'utf8'));

test('dependencies are exact versions, each with its hash, and none runs anything when the program is installed', async () => {
  const { dependencies, devDependencies } = await read('package.json');
  const { packages }: { packages: Readonly<Record<string, Locked>> } = await read('package-lock.json');
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    assert.match(String(version), /^\d+\.\d+\.\d+$/, name);
    assert.equal(packages[`node_modules/${name}`]?.version, version, name);
  }
  for (const [path, { integrity = '', hasInstallScript, dev, optional }] of Object.entries(packages)) {
    if (path === '') continue;
    // The lock file has no hash of what was made for other systems than that it was written on.
    if (!optional) assert.match(integrity, /^sha512-/, path);
    if (!dev) assert.notEqual(hasInstallScript, true, path);
  }
});
