/**
 * The Dockerfile's instructions, carried out without Docker: what they copy is enough to build with, and what an image
 * has is enough to run, as its user and, where this machine lets a test mount, with nothing that could be written to.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../testing/free-ports.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCKERFILE = readFileSync(new URL('Dockerfile', import.meta.url), 'utf8').replaceAll(/ \\\n\s*/g, ' ');
const IGNORED = readFileSync(new URL('Dockerfile.dockerignore', import.meta.url), 'utf8')
  .trim()
  .split('\n');

const directory = mkdtempSync(join(tmpdir(), 'cobrowse-image-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** Its arguments are a directory with Node.js, the image's file system, and what to run in `/app` of it. */
const CONFINE = `
mount -t tmpfs -o mode=755 none /mnt
mkdir /mnt/bin /mnt/image
mount --bind "$1" /mnt/bin
mount --bind "$2" /mnt/image
mount -o remount,ro,bind /mnt/image
cd /mnt/image/app
PATH="/mnt/bin:$PATH"
shift 2
exec setpriv --reuid 1000 --regid 1000 --clear-groups --bounding-set -all --inh-caps -all --no-new-privs "$@"
`;
const confined = spawnSync('unshare', ['--mount', 'setpriv', '--version']).status === 0;

interface Stage {
  readonly from: string;
  readonly instructions: readonly (readonly [verb: string, rest: string])[];
}

const stages = new Map(
  DOCKERFILE.split(/^FROM /m)
    .slice(1)
    .map((text): [string, Stage] => {
      const [, from = '', name = '', body = ''] = /^(\S+) AS (\S+)\n(.*)/s.exec(text) ?? [];
      const instructions = [...body.matchAll(/^([A-Z]+) (.*)$/gm)].map(
        ([, verb = '', rest = '']) => [verb, rest] as const,
      );
      return [name, { from, instructions }];
    }),
);

/** The instructions of a stage and of those that it is built on, but for a base image. */
function instructionsOf(name: string): Stage['instructions'] {
  const stage = stages.get(name);
  return stage ? [...instructionsOf(stage.from), ...stage.instructions] : [];
}

const valuesOf = (stage: string, wanted: string): readonly string[] =>
  instructionsOf(stage).flatMap(([verb, rest]) => (verb === wanted ? [rest] : []));

const environmentOf = (stage: string): NodeJS.ProcessEnv =>
  Object.fromEntries(valuesOf(stage, 'ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('=', 2))));

/** Whether the build context has it: of the patterns that `.dockerignore` knows, those in use. */
function inContext(path: string): boolean {
  const [top = ''] = path.split('/');
  if (top !== '' && !IGNORED.includes(`!${top}`)) return false;
  return !IGNORED.some((pattern) => {
    const [, end] = /^\*\*\/(.+)$/.exec(pattern) ?? [];
    return end?.startsWith('*') ? path.endsWith(end.slice(1)) : end === basename(path);
  });
}

/** What a `COPY` copies, to where it says. Fails where there is nothing of that name. */
function copy(rest: string, context: string, app: string): void {
  const [, , words = ''] = /^(--from=build )?(.*)$/.exec(rest) ?? [];
  const paths = words.split(' ');
  const to = paths.pop() ?? '';
  for (const path of paths) {
    const from = join(context, path.replace(/^\/app\//, ''));
    if (basename(from) === 'node_modules') production(app);
    else {
      const target = join(app, to.endsWith('/') ? join(to, basename(from)) : to);
      cpSync(from, target, { recursive: true, filter: (file) => context !== ROOT || inContext(relative(ROOT, file)) });
    }
  }
}

/** What `npm prune --omit=dev` leaves. */
function production(app: string): void {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: true }>>;
  };
  const kept = Object.keys(packages).filter(
    (path) => packages[path]?.dev !== true && /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path),
  );
  assert.ok(kept.length > 5);
  // By links, where the file system is the same one.
  const script = 'cp -Rl --parents "$@" 2>/dev/null || cp -R --parents "$@"';
  execFileSync('sh', ['-c', script, 'sh', ...kept, app], { cwd: ROOT });
}

const image = join(directory, 'image');

before(() => {
  const build = join(directory, 'build');
  const app = join(image, 'app');
  for (const path of [build, app]) mkdirSync(path, { recursive: true });
  chmodSync(directory, 0o755);
  for (const [verb, rest] of instructionsOf('build')) {
    if (verb === 'COPY') copy(rest, ROOT, build);
    // From the registry: `npm ci` is the first thing that every test run does.
    else if (rest === 'npm ci --no-audit --no-fund')
      symlinkSync(join(ROOT, 'node_modules'), join(build, 'node_modules'));
    else if (verb === 'RUN') {
      assert.equal(rest, 'npm run build && npm prune --omit=dev --no-audit --no-fund');
      execFileSync('npm', ['run', '--silent', 'build'], { cwd: build });
    }
  }
  for (const [verb, rest] of instructionsOf('runtime')) {
    if (verb === 'COPY') copy(rest, build, app);
  }
});

/** In the image, as its user. */
function inImage(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const [program = '', ...args] = command;
  const clean = { PATH: process.env.PATH, ...env };
  const child = confined
    ? spawn('unshare', ['--mount', 'sh', '-euc', CONFINE, 'sh', dirname(process.execPath), image, ...command], {
        env: clean,
        stdio: ['ignore', 'ignore', 'inherit'],
      })
    : spawn(program, args, { cwd: join(image, 'app'), env: clean, stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

const commandOf = (text: string): readonly string[] => JSON.parse(text) as readonly string[];

/** What either cannot do without: ports of its own, and of the proxy's configuration what has no default. */
const NEEDED = {
  COBROWSE_PROXY_NODES: '[{ name: a, url: "http://127.0.0.1:9/cobrowse" }]',
  COBROWSE_PROXY_WORKERS: '1',
};

for (const [target, ports, needed] of [
  ['node', ['COBROWSE_NODE_PORT'], {}],
  ['proxy', ['COBROWSE_PROXY_ADMIN_PORT', 'COBROWSE_PROXY_LISTENERS_0_PORT'], NEEDED],
] as const) {
  test(`the image of the ${target} serves, is told healthy while it does, and ends when it is told to`, async () => {
    const free = await freePorts(ports.length);
    const environment = {
      ...environmentOf(target),
      ...needed,
      ...Object.fromEntries(ports.map((name, index) => [name, String(free[index])])),
    };
    const [check = ''] = valuesOf(target, 'HEALTHCHECK').map((text) => text.replace(/^.* CMD /, ''));
    const healthy = async (): Promise<boolean> => {
      const [code] = await once(inImage(commandOf(check), environment), 'close');
      return code === 0;
    };
    assert.equal(await healthy(), false);
    const [command = ''] = valuesOf(target, 'CMD');
    const child = inImage(commandOf(command), environment);
    const ended = once(child, 'close');
    while (!(await healthy())) assert.equal(child.exitCode, null);
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });
}
