/** All the load of one trial: bound channels first, then unbound requests at their fixed times. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ChannelEvent } from './channel.ts';
import { OpenLoop, type Sample } from './open-loop.ts';
import { PollChannel } from './poll-channel.ts';
import { SocketChannel } from './socket-channel.ts';

export type LoadOptions = {
  /** Unbound GETs and creations per second. */
  readonly rate: number;
  readonly createRate: number;
  /** Bound long polls, and as many WebSockets, over all nodes. */
  readonly channels: number;
  /** Until a client gives up. */
  readonly timeoutMs: number;
};

const OPENING_PATIENCE_MS = 10_000;
const LOOK_MS = 20;

export class Load {
  readonly events: ChannelEvent[] = [];
  readonly #port: number;
  readonly #options: LoadOptions;
  readonly #channels: readonly Channel[];
  #loops: readonly OpenLoop[] = [];

  /** `nodes`: the names that channels wish for, as many channels of each kind on each. */
  constructor(port: number, nodes: readonly string[], options: LoadOptions) {
    this.#port = port;
    this.#options = options;
    this.#channels = Array.from({ length: options.channels }, (_, number) => {
      const wishedNode = nodes[number % nodes.length] ?? '';
      const common = { port, wishedNode, timeoutMs: options.timeoutMs, log: this.events };
      return [
        new PollChannel({ ...common, name: `poll${number}` }),
        new SocketChannel({ ...common, name: `socket${number}` }),
      ];
    }).flat();
  }

  get samples(): Sample[] {
    return this.#loops.flatMap(({ samples }) => samples);
  }

  /** Resolves when all channels are open and requests flow. Rejects when a channel does not open. */
  async start(): Promise<void> {
    for (const channel of this.#channels) channel.start();
    const deadline = Date.now() + OPENING_PATIENCE_MS;
    while (this.#open() < this.#channels.length) {
      if (Date.now() > deadline) {
        throw new Error(`only ${this.#open()} of ${this.#channels.length} channels open before any fault`);
      }
      await sleep(LOOK_MS);
    }
    const { rate, createRate, timeoutMs } = this.#options;
    const common = { port: this.#port, timeoutMs };
    this.#loops = [
      new OpenLoop({ ...common, kind: 'get', perSecond: rate }),
      new OpenLoop({ ...common, kind: 'create', perSecond: createRate }),
    ];
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    await Promise.all([...this.#loops, ...this.#channels].map((one) => one.stop()));
  }

  #open(): number {
    return new Set(this.events.filter(({ what }) => what === 'open').map(({ channel }) => channel)).size;
  }
}
