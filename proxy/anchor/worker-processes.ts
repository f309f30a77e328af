/** The workers, which are the anchor's children so that they outlive the primary that asked for them. */
import { type ChildProcess, fork } from 'node:child_process';
import { VARIABLE_PREFIX } from '../../config/proxy-variables.ts';
import { EXEC_ARGV } from './exec-argv.ts';
import type { RunningWorker, WorkerNews } from './messages.ts';

/** Kept while no primary is in charge; beyond it the oldest are lost. */
const KEPT_NEWS = 10_000;

/**
 * For glibc's allocator; what the operator has set counts more. Node.js takes 64 KiB for each read of a client's
 * socket, and gives them back many at a time, on the garbage collector's threads. With an arena for each thread, and
 * what is on top returned to the kernel at once, every read meets pages that have to be made first. CPU of an upload:
 * 1.6 × NGINX without these, 0.8 with them; of 64 KB WebSocket messages 1.7 and 0.5.
 */
const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: `${64 * 1024 * 1024}` };

/**
 * MiB of each half of V8's space for young objects, unless the operator says. By default it grows to 16 with the first
 * few thousand connections, and is never given back: 1.5 KB of each held poll when 10,000 are. Half as large, it is
 * collected twice as often, which no figure of a request shows; with 2 MiB it takes 0.6 KB less still, but what waits
 * for slow nodes then grows old before it ends.
 */
const YOUNG = '--max-semi-space-size';
const YOUNG_MIB = 8;

export class WorkerProcesses {
  readonly #file: string;
  readonly #children = new Map<number, ChildProcess>();
  readonly #onNone: () => void;
  #tell: ((news: WorkerNews) => void) | undefined;
  #untold: WorkerNews[] = [];

  /** `onNone`: the last one has exited. */
  constructor(file: string, onNone: () => void) {
    this.#file = file;
    this.#onNone = onNone;
  }

  get running(): readonly RunningWorker[] {
    return [...this.#children].map(([id, { pid = 0 }]) => ({ id, pid }));
  }

  get size(): number {
    return this.#children.size;
  }

  /** Whom to tell what becomes of them, from what nobody was told so far; undefined: nobody for now. */
  report(tell: ((news: WorkerNews) => void) | undefined): void {
    this.#tell = tell;
    if (tell === undefined) return;
    const untold = this.#untold;
    this.#untold = [];
    for (const news of untold) tell(news);
  }

  fork(worker: number, descriptors: readonly number[]): void {
    const child = fork(this.#file, [], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...descriptors],
      env: { ...MALLOC, ...environmentOfWorkers() },
      execArgv: [...youngSpace(), ...EXEC_ARGV],
    });
    this.#children.set(worker, child);
    child.on('message', (message) => this.#news({ type: 'said', worker, message }));
    child.on('error', () => {
      // Of a message to a process that dies at this moment, the exit is what counts; one that cannot be begun has none.
      if (child.pid === undefined) this.#exited(worker, null, null);
    });
    child.once('exit', (code, signal) => this.#exited(worker, code, signal));
    this.#news({ type: 'forked', worker, pid: child.pid ?? 0 });
  }

  send(worker: number, message: unknown): void {
    const child = this.#children.get(worker);
    if (child?.connected) child.send(message as object, ignoreFailure);
  }

  kill(worker: number): void {
    this.#children.get(worker)?.kill('SIGKILL');
  }

  killAll(): void {
    for (const child of this.#children.values()) child.kill('SIGKILL');
  }

  /** They accept nothing more, and exit when they have finished what they have. */
  abandon(): void {
    for (const child of this.#children.values()) if (child.connected) child.disconnect();
  }

  #exited(worker: number, code: number | null, signal: string | null): void {
    this.#children.delete(worker);
    this.#news({ type: 'exited', worker, code, signal });
    if (this.#children.size === 0) this.#onNone();
  }

  #news(news: WorkerNews): void {
    if (this.#tell !== undefined) {
      this.#tell(news);
      return;
    }
    this.#untold.push(news);
    if (this.#untold.length > KEPT_NEWS) this.#untold.shift();
  }
}

function youngSpace(): readonly string[] {
  return process.env.NODE_OPTIONS?.includes(YOUNG) ? [] : [`${YOUNG}=${YOUNG_MIB}`];
}

/** Their configuration comes from the primary, without secrets that they have no use for. */
function environmentOfWorkers(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith(VARIABLE_PREFIX)));
}

function ignoreFailure(): void {}
