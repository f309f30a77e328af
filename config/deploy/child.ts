/** A program of the cluster as a child process: its start, its output line by line, its end. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface ChildSpec {
  /** Stands before each line of its output. */
  readonly name: string;
  /** Path of the module to run. */
  readonly module: string;
  readonly args: readonly string[];
  /** Flags for Node.js itself. */
  readonly execArgv: readonly string[];
  /** Variables that it gets in the place of this process's own. */
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Terminal {
  out(line: string): void;
  err(line: string): void;
}

/** Why a child did not come up: its own last line where it left one. */
export class StartFailure extends Error {}

const START_DEADLINE_MS = 30_000;

/**
 * Output is held back until `release`, so that a failed start can be told in one line. The child runs in a process
 * group of its own: Ctrl-C reaches the parent only, which then stops its children once and in order.
 */
export class Child {
  readonly name: string;
  readonly pid: number | undefined;
  /** The child's `{ type: 'listening' }` message; rejects with a `StartFailure`. */
  readonly listening: Promise<object>;
  /** How it ended, e.g. `exit code 1` or `SIGKILL`, when all its output has been read. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  #held: (() => void)[] | undefined = [];
  #lastLine = '';

  constructor(spec: ChildSpec, terminal: Terminal, prefix: string) {
    this.name = spec.name;
    this.#process = fork(spec.module, spec.args, {
      execArgv: [...spec.execArgv],
      env: spec.environment ?? process.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.pid = this.#process.pid;
    this.#pass(this.#process.stdout, (line) => terminal.out(prefix + line));
    this.#pass(this.#process.stderr, (line) => terminal.err(prefix + line), true);
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
      this.#process.once('error', (error) => resolve(error.message));
    });
    this.listening = this.#untilListening();
    // Whoever awaits it still sees the rejection.
    this.listening.catch(() => {});
  }

  /** Prints what was held back, and from now on every line as it comes. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const print of held) print();
  }

  /** Sends the signal and resolves when the child has ended. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    this.#process.kill(signal);
    await this.ended;
  }

  #untilListening(): Promise<object> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        reject(new StartFailure(`did not listen within ${START_DEADLINE_MS / 1000} s`));
      }, START_DEADLINE_MS);
      this.#process.on('message', (message) => {
        if (!isListening(message)) return;
        clearTimeout(deadline);
        resolve(message);
      });
      this.ended.then((how) => {
        clearTimeout(deadline);
        reject(new StartFailure(this.#lastLine || how));
      });
    });
  }

  #pass(stream: Readable | null, print: (line: string) => void, remember = false): void {
    let rest = '';
    const emit = (line: string): void => {
      if (remember && line.trim() !== '') this.#lastLine = line;
      if (this.#held) this.#held.push(() => print(line));
      else print(line);
    };
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) emit(line);
    });
    stream?.on('end', () => {
      if (rest !== '') emit(rest);
    });
  }
}

function isListening(message: unknown): message is object {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'listening';
}
