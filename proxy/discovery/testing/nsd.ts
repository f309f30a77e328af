/**
 * A name server of its own for a test: NSD on a free port, with one zone that the test writes, and may write again.
 * Gone with the test. Without the program tests skip with a reason; with `REQUIRE_SERVICES=1` they run, and fail.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { until } from '../../testing/until.ts';
import { askServer } from '../dns-exchange.ts';

// Debian keeps it where the PATH of an ordinary user does not lead.
const env = { ...process.env, PATH: [process.env.PATH, '/usr/sbin'].join(delimiter) };

/** For the `skip` option of tests. */
export const NSD_SKIP: string | false =
  process.env.REQUIRE_SERVICES === '1' || spawnSync('nsd', ['-v'], { env }).status === 0
    ? false
    : 'nsd is not installed';

export const ZONE = 'cobrowse.test';

/** Another program may take a port between its choice and its use. */
const MOST_ATTEMPTS = 10;

export class Nsd {
  readonly port: number;
  readonly #directory: string;
  readonly #child: ChildProcess;
  /** Tells it from another test's. */
  readonly #id: string;
  #serial = 1;

  private constructor(port: number, directory: string, child: ChildProcess, id: string) {
    this.port = port;
    this.#directory = directory;
    this.#child = child;
    this.#id = id;
  }

  /** Resolves when it answers. `records`: lines of a zone file, relative to `ZONE`. */
  static async start(t: TestContext, records: readonly string[]): Promise<Nsd> {
    const id = randomUUID();
    const directory = await mkdtemp(join(tmpdir(), 'nsd-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, 'zone'), zoneOf(1, id, records));
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const child = await run(t, directory, port);
      const nsd = new Nsd(port, directory, child, id);
      if (await nsd.#starts()) return nsd;
      assert.ok(attempt < MOST_ATTEMPTS, `nsd does not start on port ${port}`);
    }
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Has it read other records; resolves when it answers by them. */
  async write(records: readonly string[]): Promise<void> {
    const serial = ++this.#serial;
    await writeFile(join(this.#directory, 'next'), zoneOf(serial, this.#id, records));
    await rename(join(this.#directory, 'next'), join(this.#directory, 'zone'));
    this.#child.kill('SIGHUP');
    await until(() => this.#answersBy(serial), Boolean);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
    // Its children go after it.
    await until(
      () => this.#answersBy(this.#serial),
      (answers) => !answers,
    );
  }

  async #starts(): Promise<boolean> {
    let ended = false;
    this.#child.once('exit', () => {
      ended = true;
    });
    return until(
      async () => (ended ? 'ended' : (await this.#answersBy(1)) ? 'answers' : ''),
      (state) => state !== '',
    ).then((state) => state === 'answers');
  }

  async #answersBy(serial: number): Promise<boolean> {
    const question = { name: `serial-${serial}.${this.#id}.${ZONE}`, type: 'A' } as const;
    const told = await askServer({ host: '127.0.0.1', port: this.port }, question, 5000, new AbortController().signal);
    return told.kind === 'answer' && told.records.length === 1;
  }
}

async function run(t: TestContext, directory: string, port: number): Promise<ChildProcess> {
  const options = [
    `ip-address: 127.0.0.1@${port}`,
    'username: ""',
    'chroot: ""',
    `zonesdir: "${directory}"`,
    'database: ""',
    `zonelistfile: "${directory}/zone.list"`,
    'xfrdfile: ""',
    `xfrdir: "${directory}"`,
    'pidfile: ""',
    'server-count: 1',
    'tcp-timeout: 10',
  ];
  const file = join(directory, 'nsd.conf');
  await writeFile(
    file,
    `server:\n${options.map((option) => `  ${option}\n`).join('')}remote-control:\n  control-enable: no\nzone:\n  name: "${ZONE}"\n  zonefile: "zone"\n`,
  );
  const child = spawn('nsd', ['-d', '-c', file], { env, stdio: 'ignore' });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  return child;
}

function zoneOf(serial: number, id: string, records: readonly string[]): string {
  return [
    `$ORIGIN ${ZONE}.`,
    '$TTL 1',
    `@ SOA ns hostmaster ${serial} 3600 600 86400 0`,
    '@ NS ns',
    'ns A 127.0.0.1',
    `serial-${serial}.${id} A 127.0.0.1`,
    ...records,
    '',
  ].join('\n');
}

/** For UDP and TCP. */
async function freePort(): Promise<number> {
  for (;;) {
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const { port } = udp.address();
    const tcp = createServer();
    const listens = await new Promise<boolean>((resolve) => {
      tcp.once('error', () => resolve(false));
      tcp.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (listens) await once(tcp.close(), 'close');
    await once(udp.close(), 'close');
    if (listens) return port;
  }
}
