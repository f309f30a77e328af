/**
 * Every piece of shell code in the pages. What needs nothing that a test cannot have is executed, page by page and in
 * order, before two nodes and a proxy; the rest is read by the shell, its command lines are checked against the
 * programs', and the files that it names are there.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, symlinkSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { compiled } from '../config/testing/compiled.ts';
import { skipWithout } from '../config/testing/installed.ts';
import { startNodeProcess } from '../proxy/testing/node-process.ts';
import { nodesAt, startProxy } from '../proxy/testing/running-proxy.ts';
import { until } from '../proxy/testing/until.ts';
import { mistakesIn } from './command-lines.ts';
import { allPages, type Fence, fencesIn, type Page, ROOT } from './pages.ts';
import { isNeed, type Need } from './shell.ts';

const run = promisify(execFile);

const PROXY = compiled(new URL('../proxy/cli.ts', import.meta.url));
const NODE = compiled(new URL('../node/cli.ts', import.meta.url));

const pages = allPages();

function shellIn({ text }: Page): readonly Fence[] {
  return fencesIn(text).filter(({ language }) => language === 'sh');
}

function needOf({ words: [word] }: Fence): Need | undefined {
  return isNeed(word) ? word : undefined;
}

test('shell code says what it needs in one known word, or nothing', () => {
  for (const page of pages) {
    for (const { language, words, line } of fencesIn(page.text)) {
      assert.ok(!/^(?:bash|shell|console)$/.test(language), `${page.path}:${line}: it is called sh`);
      if (language === 'sh')
        assert.ok(words.length === 0 || (words.length === 1 && isNeed(words[0])), `${page.path}:${line}`);
    }
  }
});

test('command lines of the programs have commands and options that there are, in text as well', () => {
  for (const { path, text } of pages) {
    const inline = Array.from(
      text.matchAll(/`((?:cobrowse-(?:proxy|node)|npm run|node dist)[^`]*)`/g),
      ([, code = '']) => code,
    );
    // In text a name alone stands for the program, and capitals for what is to be put in.
    const told = inline.filter((code) => / /.test(code)).map((code) => code.replace(/\s+/g, ' '));
    for (const code of [
      ...told,
      ...fencesIn(text)
        .filter(({ language }) => language === 'sh')
        .map(({ code }) => code),
    ]) {
      assert.deepEqual(mistakesIn(code), [], `${path}: ${code}`);
    }
  }
});

test('what cannot be executed here is shell code, and the files that it names are there', async () => {
  const dockerfile = await readFile(join(ROOT, 'config/deploy/Dockerfile'), 'utf8');
  for (const page of pages) {
    for (const fence of shellIn(page).filter((shell) => needOf(shell) !== undefined)) {
      const place = `${page.path}:${fence.line}`;
      const { status, stderr } = spawnSync('bash', ['-n'], { input: fence.code, encoding: 'utf8' });
      assert.equal(status, 0, `${place}: ${stderr}`);
      const files = fence.code.matchAll(/(?<=^|[\s=<])((?:config|bench|node|proxy|dist)\/[\w./@-]+)/gm);
      for (const [, file = ''] of files) {
        // What is compiled has a source.
        const source = file.replace(/^dist\/(.*)\.js$/, '$1.ts');
        assert.ok(existsSync(join(ROOT, source)), `${place}: ${file}`);
      }
      for (const [, directory = ''] of fence.code.matchAll(/apply -k (\S+)/g)) {
        assert.ok(existsSync(join(ROOT, directory, 'kustomization.yaml')), `${place}: ${directory}`);
      }
      for (const [, target = ''] of fence.code.matchAll(/--target (\S+)/g)) {
        assert.match(dockerfile, new RegExp(`^FROM .* AS ${target}$`, 'm'), `${place}: ${target}`);
      }
      for (const [, unit = ''] of fence.code.matchAll(/^systemctl .*?(cobrowse-[\w@]+)/gm)) {
        const file = `config/deploy/systemd/${unit.replace(/@.*/, '@')}.service`;
        assert.ok(existsSync(join(ROOT, file)), `${place}: ${file}`);
      }
    }
  }
});

test('NGINX takes the configurations that pages have of it', { skip: skipWithout('nginx', '-v') }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-nginx-'));
  t.after(() => rm(directory, { recursive: true }));
  for (const { path, text } of pages) {
    const parts = fencesIn(text).filter(({ language }) => language === 'nginx');
    if (parts.length === 0) continue;
    const file = join(directory, 'whole.conf');
    // Where an ordinary user may write.
    const own = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`);
    const http = [...own, 'access_log off;', ...parts.map(({ code }) => code)].join('\n');
    await writeFile(file, `pid ${directory}/pid;\nevents {}\nhttp {\n${http}}\n`);
    const { status, stderr } = spawnSync('nginx', ['-t', '-e', 'stderr', '-p', directory, '-c', file], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    });
    assert.equal(status, 0, `${path}: ${stderr}`);
  }
});

test('all other shell code does what it should', { skip: skipWithout('curl') }, async (t) => {
  // A drain waits for what is left of sessions that other pages have created.
  const nodes = await Promise.all(
    ['CB_Server_1', 'CB_Server_2'].map((name) => startNodeProcess(t, { name, neverJoined: '1s' })),
  );
  const { admin, port, status } = await startProxy(t, { workers: 1, nodes: nodesAt(nodes) });
  await until(status, ({ nodes }) => nodes.every(({ state }) => state === 'up'));
  const cluster = { admin: `http://127.0.0.1:${admin}`, traffic: `http://127.0.0.1:${port}` };
  for (const page of pages) {
    const executed = shellIn(page).filter((fence) => [undefined, 'serves'].includes(needOf(fence)));
    if (executed.length === 0) continue;
    await t.test(page.path, async (t) => {
      const room = await roomFor(t, page, cluster);
      for (const fence of executed) {
        const code = fence.code
          .replaceAll('http://127.0.0.1:9700', cluster.admin)
          .replaceAll('http://127.0.0.1:8700', cluster.traffic);
        const place = `${page.path}:${fence.line}`;
        if (needOf(fence) === 'serves') await starts(room, code, place);
        else assert.notEqual((await run('bash', ['-euo', 'pipefail', '-c', code], room)).stdout, '', place);
      }
    });
  }
});

interface Room {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A directory as a checkout would be, with the programs in the PATH, and the files that the page has in it. */
async function roomFor(t: TestContext, { text }: Page, { admin }: { readonly admin: string }): Promise<Room> {
  const cwd = await mkdtemp(join(tmpdir(), 'cobrowse-page-'));
  t.after(() => rm(cwd, { recursive: true }));
  for (const name of ['config', 'dist', 'package.json']) symlinkSync(join(ROOT, name), join(cwd, name));
  await mkdir(join(cwd, 'bin'));
  await program(join(cwd, 'bin/cobrowse-node'), `exec "${process.execPath}" "${NODE}" "$@"`);
  // The proxy of the test is not where a page has it.
  await program(
    join(cwd, 'bin/cobrowse-proxy'),
    `case "$1 $*" in
      (*--help*|*--config*|start*|check*|init*|completion*) exec "${process.execPath}" "${PROXY}" "$@";;
    esac
    exec "${process.execPath}" "${PROXY}" "$@" --admin ${admin}`,
  );
  for (const { words, code } of fencesIn(text)) {
    const [file] = words;
    if (file?.includes('.')) await writeFile(join(cwd, file), code);
  }
  const env = {
    ...process.env,
    PATH: `${join(cwd, 'bin')}${delimiter}${process.env.PATH}`,
  };
  return { cwd, env };
}

async function program(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/** One command, with whatever ports are free. It listens, and ends well when it is told to. */
async function starts({ cwd, env }: Room, code: string, place: string): Promise<void> {
  const command = code
    .trim()
    .replace(/^((?:[A-Z0-9_]+=\S+ )*)/, '$1exec ')
    .replace(/(?<=_PORT=|--port )\d+/g, '0');
  const child = spawn('bash', ['-c', command], {
    cwd,
    env: {
      COBROWSE_PROXY_LISTENERS_0_PORT: '0',
      COBROWSE_PROXY_ADMIN_PORT: '0',
      COBROWSE_PROXY_WORKERS: '1',
      COBROWSE_NODE_DRAIN_DEADLINE: '0s',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const closed = once(child, 'close');
  try {
    await Promise.race([
      once(child, 'message'),
      closed.then(([status]) => assert.fail(`${place}: ended with ${status}: ${said}`)),
    ]);
    child.kill('SIGTERM');
    const [status] = await closed;
    assert.equal(status, 0, `${place}: ${said}`);
  } finally {
    child.kill('SIGKILL');
  }
}
