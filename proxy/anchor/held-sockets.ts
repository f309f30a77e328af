/**
 * Listening sockets that outlive whoever accepts on them: workers and primaries come and go, none of them closes a
 * port. Runs compiled: a thread knows no TypeScript.
 */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Address, HeldSocket, HoldProblem } from './messages.ts';
import type { SocketAnswer, SocketOrder } from './socket-thread.ts';

/** Connections that may wait to be accepted, as far as the kernel allows (somaxconn). */
const BACKLOG = 4096;

export type HoldOutcome =
  | { readonly ok: true; readonly sockets: readonly HeldSocket[] }
  | { readonly ok: false; readonly address: Address; readonly problem: HoldProblem };

export class HeldSockets {
  readonly #orders = new Int32Array(new SharedArrayBuffer(4));
  readonly #channel = new MessageChannel();
  readonly #thread: Worker;
  /** Their descriptors in this process, by id. */
  readonly #descriptors = new Map<number, number>();
  #lastId = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    const port = this.#channel.port2;
    this.#thread = new Worker(new URL('./socket-thread.js', import.meta.url), {
      workerData: { port, orders: this.#orders },
      transferList: [port],
    });
    this.#thread.unref();
  }

  /** Opens them all or none. */
  hold(addresses: readonly Address[]): Promise<HoldOutcome> {
    const done = this.#last.then(() => this.#hold(addresses));
    this.#last = done;
    return done;
  }

  get ids(): readonly number[] {
    return [...this.#descriptors.keys()];
  }

  release(ids: readonly number[]): void {
    for (const id of ids) {
      const fd = this.#descriptors.get(id);
      if (fd !== undefined) this.#order({ type: 'close', fd });
      this.#descriptors.delete(id);
    }
  }

  /** For a child to inherit; those that are not held are left out. */
  descriptors(ids: readonly number[]): readonly number[] {
    return ids.flatMap((id) => this.#descriptors.get(id) ?? []);
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
    this.#channel.port1.close();
  }

  async #hold(addresses: readonly Address[]): Promise<HoldOutcome> {
    const sockets: HeldSocket[] = [];
    for (const address of addresses) {
      const answer = await this.#open(address);
      if ('problem' in answer) {
        this.release(sockets.map(({ id }) => id));
        return { ok: false, address, problem: answer.problem };
      }
      const id = ++this.#lastId;
      this.#descriptors.set(id, answer.fd);
      sockets.push({ id, host: address.host, port: answer.port });
    }
    return { ok: true, sockets };
  }

  async #open({ host, port }: Address): Promise<SocketAnswer> {
    let ip: string;
    try {
      ip = (await lookup(host)).address;
    } catch (error) {
      const { code = '', syscall = '', message } = error as NodeJS.ErrnoException;
      return { problem: { code, syscall, message } };
    }
    const answered = once(this.#channel.port1, 'message');
    this.#order({ type: 'open', address: { host: ip, port }, backlog: BACKLOG });
    const [answer] = (await answered) as [SocketAnswer];
    return answer;
  }

  #order(order: SocketOrder): void {
    this.#channel.port1.postMessage(order);
    Atomics.add(this.#orders, 0, 1);
    Atomics.notify(this.#orders, 0);
  }
}
