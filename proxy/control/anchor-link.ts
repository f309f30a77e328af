/** The primary's end of the channel to the anchor, which holds the sockets and has the workers as its children. */
import type {
  Address,
  FromPrimary,
  HeldSocket,
  RunningWorker,
  Succession,
  ToPrimary,
  WorkerNews,
} from '../anchor/messages.ts';

export interface TakeOver {
  readonly why: Succession;
  readonly workers: readonly RunningWorker[];
  readonly memo: unknown;
}

export interface AnchorOrders {
  readonly onReload: () => void;
  /** `again`: for the second time. */
  readonly onStop: (signal: string, again: boolean) => void;
  readonly onSuperseded: () => void;
  readonly onUpgradeFailed: (how: string) => void;
  /** The anchor is gone, and every worker sees it. */
  readonly onGone: () => void;
}

/** An address that the system would not let the program listen on. */
class NotHeld extends Error {
  readonly address: string;
  readonly port: number;
  readonly code: string;
  readonly syscall: string;

  constructor({ address: { host, port }, problem }: Extract<ToPrimary, { type: 'not-held' }>) {
    super(problem.message);
    this.address = host;
    this.port = port;
    this.code = problem.code;
    this.syscall = problem.syscall;
  }
}

type HoldAnswer = Extract<ToPrimary, { type: 'held' | 'not-held' }>;

export class AnchorLink {
  /** Resolves to the memo of the primary before this one. */
  readonly begun: Promise<unknown>;
  readonly #tookOver: Promise<TakeOver>;
  readonly #holds = new Map<number, (answer: HoldAnswer) => void>();
  #orders: AnchorOrders | undefined;
  #onWorkerNews: ((news: WorkerNews) => void) | undefined;
  #stops = 0;
  #lastHold = 0;

  /** Only in a process that the anchor forked. */
  constructor() {
    let begin: (memo: unknown) => void = () => {};
    let takeOver: (news: TakeOver) => void = () => {};
    this.begun = new Promise((resolve) => {
      begin = resolve;
    });
    this.#tookOver = new Promise((resolve) => {
      takeOver = resolve;
    });
    process.on('message', (message: ToPrimary) => {
      if (message.type === 'begin') begin(message.memo);
      else if (message.type === 'take-over') takeOver(message);
      else this.#received(message);
    });
    process.once('disconnect', () => this.#orders?.onGone());
  }

  follow(orders: AnchorOrders): void {
    this.#orders = orders;
  }

  /** Hears of workers from now on; to be called before `takeOver`, or news are lost. */
  watchWorkers(onNews: (news: WorkerNews) => void): void {
    this.#onWorkerNews = onNews;
  }

  /** Resolves when this primary is in charge. */
  takeOver(): Promise<TakeOver> {
    this.#send({ type: 'prepared' });
    return this.#tookOver;
  }

  /** To be called when nothing is left that another primary needs. */
  left(): void {
    this.#send({ type: 'left' });
  }

  /** Opens all or none, which the anchor then holds; rejects with the system's error. */
  async hold(addresses: readonly Address[]): Promise<readonly HeldSocket[]> {
    if (addresses.length === 0) return [];
    const id = ++this.#lastHold;
    const answer = await new Promise<HoldAnswer>((resolve) => {
      this.#holds.set(id, resolve);
      this.#send({ type: 'hold', id, addresses });
    });
    if (answer.type === 'not-held') throw new NotHeld(answer);
    return answer.sockets;
  }

  release(sockets: readonly number[]): void {
    if (sockets.length > 0) this.#send({ type: 'release', sockets });
  }

  fork(worker: number, sockets: readonly number[]): void {
    this.#send({ type: 'fork', worker, sockets });
  }

  tell(worker: number, message: unknown): void {
    this.#send({ type: 'tell', worker, message });
  }

  kill(worker: number): void {
    this.#send({ type: 'kill', worker });
  }

  leave(memo: unknown): void {
    this.#send({ type: 'memo', memo });
  }

  listening(listeners: readonly Address[], admin: Address): void {
    this.#send({ type: 'listening', listeners, admin });
  }

  #received(message: Exclude<ToPrimary, { type: 'begin' | 'take-over' }>): void {
    switch (message.type) {
      case 'held':
      case 'not-held':
        this.#holds.get(message.id)?.(message);
        this.#holds.delete(message.id);
        break;
      case 'reload':
        this.#orders?.onReload();
        break;
      case 'stop':
        this.#stops++;
        this.#orders?.onStop(message.signal, this.#stops > 1);
        break;
      case 'superseded':
        this.#orders?.onSuperseded();
        break;
      case 'upgrade-failed':
        this.#orders?.onUpgradeFailed(message.how);
        break;
      default:
        this.#onWorkerNews?.(message);
    }
  }

  #send(message: FromPrimary): void {
    // What cannot be sent any more is of no use: without the anchor this process ends.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  }
}
