/** The proxy as a child process, for tests: started with a configuration, known by what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { compiled } from '../../../config/testing/compiled.ts';
import { PATIENT_PROXY } from '../../../config/testing/patient-proxy.ts';
import type { Listening } from '../primary.ts';

export const START_WITH_STUB = compiled(new URL('./start-with-stub.ts', import.meta.url));
export const CLI = compiled(new URL('../../cli.ts', import.meta.url));

/** A node as far as health goes; answers everything with 200 and its name. Ends with the test. */
export async function startNode(t: TestContext, name: string): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((_, response) => response.end(name));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  t.after(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cobrowse`, close };
}

/** Writes a configuration to a file that goes with the test. JSON is YAML. */
export async function configFile(t: TestContext, config: unknown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cobrowse-proxy-'));
  t.after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'proxy.yaml');
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  return file;
}

export interface ProcessOptions {
  /** Absent: Node.js. */
  readonly command?: string;
  /** Absent: that of the test, with much patience for nodes. */
  readonly env?: NodeJS.ProcessEnv;
}

export class ProxyProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  stdout = '';
  stderr = '';
  readonly #listening: Promise<Listening>;

  /** Runs a module with arguments, or a command that becomes it; killed with the test if need be. */
  constructor(
    t: TestContext,
    args: readonly string[],
    { command = process.execPath, env = { ...process.env, ...PATIENT_PROXY } }: ProcessOptions = {},
  ) {
    this.child = spawn(command, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.exited = once(this.child, 'close').then(([code]) => code);
    this.#listening = new Promise((resolve) => this.child.once('message', (message: Listening) => resolve(message)));
    t.after(async () => {
      this.child.kill('SIGKILL');
      await this.exited;
    });
  }

  /** Resolves when it serves; rejects with what it said when it ends before. */
  listening(): Promise<Listening> {
    const ended = this.exited.then((code) => {
      throw new Error(`ended with ${code}: ${this.stderr}`);
    });
    return Promise.race([this.#listening, ended]);
  }

  /** Resolves once its stderr matches. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stderr)) {
      if (!this.child.stderr) return;
      await once(this.child.stderr, 'data');
    }
  }
}
