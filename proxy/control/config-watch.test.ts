import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { ConfigWatch } from './config-watch.ts';
import { configFile } from './testing/proxy-process.ts';

/** Watches a file, once it is started, and resolves `next` with its contents when a change is told. */
function watchOf(t: TestContext, file: string) {
  const told = new EventEmitter();
  let changes = 0;
  const watching = new ConfigWatch({
    files: [file],
    lookIntervalMs: 10,
    onChange: () => {
      changes++;
      told.emit('change');
    },
  });
  t.after(() => watching.stop());
  // The interval alone does not keep the process alive.
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  return {
    start: () => watching.start(),
    follow: (files: ReadonlyMap<string, string>) => watching.follow(files),
    changes: () => changes,
    next: async (): Promise<string> => {
      await once(told, 'change');
      return readFile(file, 'utf8');
    },
  };
}

/** In one go: one who looks meanwhile, as the watch may on a busy machine, could find it empty. */
async function writeFile(file: string, text: string): Promise<void> {
  writeFileSync(file, text);
}

function watch(t: TestContext, file: string) {
  const watching = watchOf(t, file);
  watching.start();
  return watching;
}

test('a file that is written, replaced, gone and back is told for each of its contents', async (t) => {
  const file = await configFile(t, 'one');
  const { next, changes } = watch(t, file);
  let change = next();
  await writeFile(file, 'two');
  assert.equal(await change, 'two');

  change = next();
  await writeFile(`${file}.new`, 'three');
  await rename(`${file}.new`, file);
  assert.equal(await change, 'three');

  change = next();
  await rm(file);
  await writeFile(file, 'four');
  assert.equal(await change, 'four');
  assert.equal(changes(), 3);
});

test('a ConfigMap: the path stays, a symbolic link on the way changes', async (t) => {
  const directory = dirname(await configFile(t, ''));
  for (const [version, text] of Object.entries({ v1: 'one', v2: 'two' })) {
    await mkdir(join(directory, version));
    await writeFile(join(directory, version, 'map.yaml'), text);
  }
  await symlink('v1', join(directory, '..data'));
  await symlink(join('..data', 'map.yaml'), join(directory, 'map.yaml'));
  const { next } = watch(t, join(directory, 'map.yaml'));
  const change = next();
  await symlink('v2', join(directory, '..next'));
  await rename(join(directory, '..next'), join(directory, '..data'));
  assert.equal(await change, 'two');
});

test('a file that was only touched, or written as it was, is no news', async (t) => {
  const [file, other] = [await configFile(t, 'one'), await configFile(t, 'one')];
  const { changes } = watch(t, file);
  const { next } = watch(t, other);
  const written = { touched: () => utimes(file, new Date(), new Date()), again: () => writeFile(file, 'one') };
  for (const [how, write] of Object.entries(written)) {
    await write();
    // Once a later change of another file is told, this one has been looked at.
    const change = next();
    await writeFile(other, how);
    await change;
    assert.equal(changes(), 0, how);
  }
});

test('a change between the reading of the file and the start of the watch is told', async (t) => {
  const file = await configFile(t, 'one');
  const { start, next } = watchOf(t, file);
  await writeFile(file, 'two');
  const change = next();
  start();
  assert.equal(await change, 'two');
});

test('a file that is followed is told as long as it is followed', async (t) => {
  const [file, one, other] = [await configFile(t, 'x'), await configFile(t, 'one'), await configFile(t, 'one')];
  const { follow, start, next, changes } = watchOf(t, file);
  follow(new Map([[one, 'one']]));
  start();
  let change = next();
  await writeFile(one, 'two');
  await change;

  follow(new Map([[other, 'one']]));
  await writeFile(one, 'three');
  change = next();
  await writeFile(other, 'two');
  await change;
  change = next();
  // What was read of it is not what it holds by now.
  follow(
    new Map([
      [other, 'two'],
      [one, 'two'],
    ]),
  );
  await change;
  assert.equal(changes(), 3);
});

test('a file that is gone when the watch starts is told when it is back with other contents', async (t) => {
  const file = await configFile(t, 'one');
  const { start, next, changes } = watchOf(t, file);
  await rm(file);
  start();
  const change = next();
  await writeFile(file, 'two');
  assert.equal(await change, 'two');
  assert.equal(changes(), 1);
});
