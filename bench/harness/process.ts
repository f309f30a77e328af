/**
 * Child processes that never outlive the benchmark: each leads a process group of its own, which is killed when the
 * benchmark ends in whatever way, so that workers of a killed primary go as well.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The project's directory, for a module that may be in `dist/`. */
export const ROOT = directoryWith('package.json', import.meta.dirname);
const KEPT_OUTPUT = 64 * 1024;
const STOP_PATIENCE_MS = 2_000;

const alive = new Set<Child>();

export type LaunchOptions = {
  /** The CPU to pin it to, or a list of them (taskset); undefined to leave it to the scheduler. */
  readonly cpu: number | string | undefined;
  /** The file that its standard output is appended to; unset: the benchmark reads it. */
  readonly output?: string | undefined;
};

/** Starts `command` in the project's root. A command that cannot be started shows as an exit. */
export function launch(command: readonly string[], { cpu, output }: LaunchOptions): Child {
  const [file = '', ...args] = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command];
  const stdout = output === undefined ? 'pipe' : openSync(output, 'a');
  const child = new Child(
    spawn(file, args, { cwd: ROOT, env: environment(), detached: true, stdio: ['ignore', stdout, 'pipe'] }),
    command.join(' '),
  );
  if (typeof stdout === 'number') closeSync(stdout);
  alive.add(child);
  return child;
}

/** The caller's environment without the variables that would override the configuration under test. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COBROWSE_')));
}

/** `node` running a compiled file of the benchmark, given relative to `dist/bench/`. */
export const nodeCommand = (script: string, ...args: string[]): string[] => [
  process.execPath,
  join(ROOT, 'dist/bench', script),
  ...args,
];

export class Child {
  /** Resolves with a description of the exit, never rejects. */
  readonly exited: Promise<string>;
  readonly #process: ChildProcess;
  readonly #command: string;
  #stdout = '';
  #stderr = '';

  constructor(process: ChildProcess, command: string) {
    this.#process = process;
    this.#command = command;
    process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-KEPT_OUTPUT);
    });
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_OUTPUT);
    });
    this.exited = new Promise((exited) => {
      process.once('error', (error) => exited(error.message));
      process.once('close', (code, signal) => exited(code === 0 ? 'exit 0' : `exit ${code ?? signal}`));
    }).then((how) => {
      alive.delete(this);
      return String(how);
    });
  }

  /** The process id, or undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The last 64 KiB that it wrote to its standard output. */
  get stdout(): string {
    return this.#stdout;
  }

  /** An error that says what became of this process, with the end of what it wrote. */
  failure(what: string): Error {
    const said = `${this.#stdout}${this.#stderr}`.trim().slice(-2_000);
    return new Error(`${this.#command}: ${what}${said === '' ? '' : `\n${said}`}`);
  }

  /** The first line of its standard output. Rejects when it ends without one. */
  async firstLine(): Promise<string> {
    const line = new Promise<string>((found) => {
      this.#process.stdout?.on('data', () => {
        if (this.#stdout.includes('\n')) found(this.#stdout.slice(0, this.#stdout.indexOf('\n')));
      });
    });
    const ended = this.exited.then((how): never => {
      throw this.failure(`${how} before it was ready`);
    });
    return Promise.race([line, ended]);
  }

  /** Everything it wrote to its standard output, once it ended well. Rejects when it did not. */
  async output(): Promise<string> {
    const how = await this.exited;
    if (how !== 'exit 0') throw this.failure(how);
    return this.#stdout;
  }

  /** SIGTERM, then SIGKILL to its whole group. Resolves when it has ended. */
  async stop(): Promise<void> {
    if (!alive.has(this)) return;
    this.#process.kill('SIGTERM');
    const hard = setTimeout(() => this.kill(), STOP_PATIENCE_MS);
    await this.exited;
    clearTimeout(hard);
  }

  /** SIGKILL to it and none of its children. Resolves when it is gone; `exited` waits for those who have its output. */
  async killAlone(): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  /** SIGKILL to its whole group, at once. */
  kill(): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // The whole group has ended already.
    }
  }
}

export function killAll(): void {
  for (const child of alive) child.kill();
}

/** The path of an executable on the PATH or where Debian keeps daemons, which an ordinary user's PATH leaves out. */
export function findBinary(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function directoryWith(file: string, from: string): string {
  return existsSync(join(from, file)) ? from : directoryWith(file, dirname(from));
}
