/**
 * The life of `cobrowse-proxy start`. The process that the operator started, and whose pid stays, is the anchor: it
 * holds the listening sockets and is the parent of workers and primary. It does nothing else, so that all else can die,
 * or be replaced by another version, while no port is closed and no connection is lost.
 *
 * | exit code | when |
 * |---|---|
 * | 0 | SIGTERM or SIGINT: finished what was in flight, or cut it off at the deadline |
 * | 1 | cannot start (a busy port), failed, or a second signal cut the finishing short |
 * | 2 | the configuration is not valid (see `cli.ts`) |
 *
 * SIGHUP loads the configuration again, as does a change of its file. SIGUSR2 replaces primary and workers by those of
 * the program as it is on the disk now. A primary that dies is replaced in the same way.
 *
 * A parent that forked it with a channel gets `{ type: 'listening', listeners, admin }` with the real addresses.
 */
import { HeldSockets } from './held-sockets.ts';
import type { FromPrimary, Succession } from './messages.ts';
import { type Exit, howOf, PrimaryProcess } from './primary-process.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { WorkerProcesses } from './worker-processes.ts';

/** Until a primary is given up that should be prepared, or that should leave to another. */
const HANDOVER_DEADLINE_MS = 30_000;
/** Until what is left after a second signal is killed. */
const KILL_AFTER_MS = 1000;

export interface Programs {
  /** The module of a primary, and its arguments. */
  readonly primary: string;
  readonly args: readonly string[];
  /** The module of a worker. */
  readonly worker: string;
}

/** Resolves to the exit code, when all has ended. */
export function runAnchor(programs: Programs): Promise<number> {
  return new Promise((resolve) => new Anchor(programs, resolve).start());
}

class Anchor {
  readonly #programs: Programs;
  readonly #end: (code: number) => void;
  readonly #sockets = new HeldSockets();
  readonly #workers: WorkerProcesses;
  readonly #backoff = new RestartBackoff();
  /** The one in charge. */
  #primary: PrimaryProcess | undefined;
  /** The one that is to be. */
  #successor: PrimaryProcess | undefined;
  /** Nobody else knows of these. */
  #heldForSuccessor: number[] = [];
  #why: Succession = { kind: 'start' };
  #memo: unknown;
  /** Some primary has served. */
  #served = false;
  #stopping = false;
  #exitCode = 0;

  constructor(programs: Programs, end: (code: number) => void) {
    this.#programs = programs;
    this.#end = end;
    this.#workers = new WorkerProcesses(programs.worker, () => this.#finishIfDone());
  }

  start(): void {
    process.on('SIGTERM', (signal) => this.#stop(signal));
    process.on('SIGINT', (signal) => this.#stop(signal));
    process.on('SIGHUP', () => this.#primary?.send({ type: 'reload' }));
    process.on('SIGUSR2', () => this.#upgrade());
    this.#succeed({ kind: 'start' });
  }

  #upgrade(): void {
    if (this.#stopping || this.#primary === undefined || this.#successor !== undefined) return;
    this.#succeed({ kind: 'upgrade' });
  }

  #succeed(why: Succession): void {
    this.#why = why;
    const { primary: file, args } = this.#programs;
    const successor = new PrimaryProcess({
      file,
      args,
      memo: this.#memo,
      onMessage: (message, from) => this.#received(message, from),
      onExit: (exit, from) => this.#exited(exit, from),
    });
    this.#successor = successor;
    if (why.kind === 'start') return;
    const deadline = setTimeout(() => {
      if (!successor.prepared) successor.kill();
    }, HANDOVER_DEADLINE_MS);
    deadline.unref();
  }

  #received(message: FromPrimary, from: PrimaryProcess): void {
    if (message.type === 'prepared') this.#prepared(from);
    else if (message.type === 'hold') this.#hold(message, from);
    // What another says that is not in charge comes too late.
    else if (from === this.#primary) this.#obey(message, from);
  }

  #prepared(successor: PrimaryProcess): void {
    if (successor !== this.#successor || this.#stopping) return;
    successor.prepared = true;
    if (this.#primary === undefined) {
      this.#install(successor);
      return;
    }
    this.#primary.send({ type: 'superseded' });
    this.#primary.killUnlessGoneIn(HANDOVER_DEADLINE_MS);
  }

  #install(primary: PrimaryProcess): void {
    this.#successor = undefined;
    this.#heldForSuccessor = [];
    this.#primary = primary;
    primary.send({ type: 'take-over', why: this.#why, workers: this.#workers.running, memo: this.#memo });
    this.#workers.report((news) => primary.send(news));
  }

  #obey(message: Exclude<FromPrimary, { type: 'prepared' | 'hold' }>, primary: PrimaryProcess): void {
    switch (message.type) {
      case 'listening':
        primary.servingSince = Date.now();
        if (!this.#served) process.send?.(message, undefined, undefined, () => {});
        this.#served = true;
        break;
      case 'left':
        // Its exit is not awaited: the admin listener is away until the next one opens it.
        if (this.#successor?.prepared) this.#install(this.#successor);
        break;
      case 'release':
        this.#sockets.release(message.sockets);
        break;
      case 'fork':
        this.#workers.fork(message.worker, this.#sockets.descriptors(message.sockets));
        break;
      case 'tell':
        this.#workers.send(message.worker, message.message);
        break;
      case 'kill':
        this.#workers.kill(message.worker);
        break;
      case 'memo':
        this.#memo = message.memo;
        break;
    }
  }

  async #hold({ id, addresses }: Extract<FromPrimary, { type: 'hold' }>, primary: PrimaryProcess): Promise<void> {
    const outcome = await this.#sockets.hold(addresses);
    if (!outcome.ok) {
      const { address, problem } = outcome;
      primary.send({ type: 'not-held', id, address, problem });
      return;
    }
    const ids = outcome.sockets.map((socket) => socket.id);
    if (primary === this.#successor) this.#heldForSuccessor.push(...ids);
    if (primary === this.#primary || primary === this.#successor) {
      primary.send({ type: 'held', id, sockets: outcome.sockets });
    }
    // It has died meanwhile, and nobody else knows of them.
    else this.#sockets.release(ids);
  }

  #exited(exit: Exit, from: PrimaryProcess): void {
    if (from === this.#successor) this.#successorGone(exit);
    else if (from === this.#primary) this.#primaryGone(exit, from);
  }

  /** It ended before it took charge: nothing has changed by it. */
  #successorGone(exit: Exit): void {
    this.#successor = undefined;
    this.#sockets.release(this.#heldForSuccessor.splice(0));
    if (this.#stopping) this.#finishIfDone();
    else if (this.#primary !== undefined) this.#primary.send({ type: 'upgrade-failed', how: howOf(exit) });
    else if (this.#served) this.#replaceAfter(this.#backoff.delayAfter(0), this.#why);
    else this.#finish(exit.code ?? 1);
  }

  #primaryGone(exit: Exit, { servingSince }: PrimaryProcess): void {
    this.#primary = undefined;
    this.#workers.report(undefined);
    if (this.#stopping || !this.#served) {
      this.#finish(exit.code ?? 1);
    } else if (this.#successor === undefined) {
      const servedMs = servingSince === undefined ? 0 : Date.now() - servingSince;
      this.#replaceAfter(this.#backoff.delayAfter(servedMs), { kind: 'death', how: howOf(exit) });
    } else if (this.#successor.prepared) this.#install(this.#successor);
  }

  #replaceAfter(delayMs: number, why: Succession): void {
    setTimeout(() => {
      if (!this.#stopping) this.#succeed(why);
    }, delayMs);
  }

  #stop(signal: string): void {
    if (this.#stopping) {
      this.#primary?.send({ type: 'stop', signal });
      setTimeout(() => this.#kill(), KILL_AFTER_MS);
      return;
    }
    this.#stopping = true;
    this.#successor?.kill();
    if (this.#primary !== undefined) this.#primary.send({ type: 'stop', signal });
    else this.#finish(this.#served ? 1 : 0);
  }

  #kill(): void {
    this.#exitCode = 1;
    this.#primary?.kill();
    this.#workers.killAll();
  }

  /** No primary is left: workers that are finish by themselves. */
  #finish(code: number): void {
    this.#stopping = true;
    this.#exitCode = code;
    this.#sockets.release(this.#sockets.ids);
    this.#workers.abandon();
    this.#finishIfDone();
  }

  async #finishIfDone(): Promise<void> {
    if (!this.#stopping || this.#primary !== undefined || this.#successor !== undefined) return;
    if (this.#workers.size > 0) return;
    await this.#sockets.close();
    this.#end(this.#exitCode);
  }
}
