/** One primary as the anchor knows it: its process, and how far it has come. */
import { type ChildProcess, fork } from 'node:child_process';
import { EXEC_ARGV } from './exec-argv.ts';
import type { FromPrimary, ToPrimary } from './messages.ts';

export interface PrimaryProcessOptions {
  readonly file: string;
  readonly args: readonly string[];
  /** Left by the one before it. */
  readonly memo: unknown;
  readonly onMessage: (message: FromPrimary, from: PrimaryProcess) => void;
  readonly onExit: (exit: Exit, from: PrimaryProcess) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export class PrimaryProcess {
  /** It can take charge. */
  prepared = false;
  /** ms since the epoch; undefined until it serves. */
  servingSince: number | undefined;
  readonly #child: ChildProcess;

  constructor({ file, args, memo, onMessage, onExit }: PrimaryProcessOptions) {
    this.#child = fork(file, args, { execArgv: [...EXEC_ARGV] });
    this.#child.on('message', (message: FromPrimary) => onMessage(message, this));
    this.#child.on('error', () => {
      // Of a message to a process that dies at this moment, the exit is what counts; one that cannot be begun has none.
      if (this.#child.pid === undefined) onExit({ code: null, signal: null }, this);
    });
    this.#child.once('exit', (code, signal) => onExit({ code, signal }, this));
    this.send({ type: 'begin', memo });
  }

  send(message: ToPrimary): void {
    if (this.#child.connected) this.#child.send(message, ignoreFailure);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  killUnlessGoneIn(ms: number): void {
    const timer = setTimeout(() => this.kill(), ms).unref();
    this.#child.once('exit', () => clearTimeout(timer));
  }
}

export function howOf({ code, signal }: Exit): string {
  if (signal !== null) return signal;
  return code === null ? 'it could not be started' : `code ${code}`;
}

function ignoreFailure(): void {}
