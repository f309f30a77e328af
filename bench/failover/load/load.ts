/** All the load of one trial: bound channels first, then unbound requests at their fixed times. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BASE } from '../../backend-facts.ts';
import { PATHS } from '../protocol.ts';
import type { ChannelEvent, ChannelOptions } from './channel.ts';
import { LiveChannel } from './live-channel.ts';
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

/** A client that keeps to one node. */
type BoundClient = {
  readonly start: () => void;
  readonly stop: () => Promise<void>;
  readonly samples?: readonly Sample[];
};

/** What suits the nodes: an unbound GET that all of them answer, and the clients that keep to each. */
export type Kit = {
  readonly getPath: string;
  readonly clients: (options: ChannelOptions, number: number) => readonly BoundClient[];
};

export const RECORDING_NODES: Kit = {
  getPath: PATHS.get,
  clients: (options, number) => [
    new PollChannel({ ...options, name: `poll${number}` }),
    new SocketChannel({ ...options, name: `socket${number}` }),
  ],
};

export const BUNDLED_NODES: Kit = {
  getPath: `${BASE}/js/rrweb/style.css`,
  clients: (options, number) => [new LiveChannel({ ...options, name: `live${number}` })],
};

const OPENING_PATIENCE_MS = 60_000;
const LOOK_MS = 20;

export class Load {
  readonly events: ChannelEvent[] = [];
  readonly #port: number;
  readonly #options: LoadOptions;
  readonly #clients: readonly BoundClient[];
  readonly #getPath: string;
  #loops: readonly OpenLoop[] = [];

  /** `nodes`: the names that channels wish for, as many channels of each kind on each. */
  constructor(port: number, nodes: readonly string[], options: LoadOptions, { getPath, clients }: Kit) {
    this.#port = port;
    this.#options = options;
    this.#getPath = getPath;
    this.#clients = Array.from({ length: options.channels }, (_, number) => {
      const wishedNode = nodes[number % nodes.length] ?? '';
      return clients({ name: '', port, wishedNode, timeoutMs: options.timeoutMs, log: this.events }, number);
    }).flat();
  }

  get samples(): Sample[] {
    return [...this.#loops, ...this.#clients].flatMap(({ samples = [] }) => samples);
  }

  /** Resolves when all channels are open and requests flow. Rejects when a channel does not open. */
  async start(): Promise<void> {
    for (const client of this.#clients) client.start();
    const deadline = Date.now() + OPENING_PATIENCE_MS;
    while (this.#open() < this.#clients.length) {
      if (Date.now() > deadline) {
        throw new Error(`only ${this.#open()} of ${this.#clients.length} channels open before any fault`);
      }
      await sleep(LOOK_MS);
    }
    const { rate, createRate, timeoutMs } = this.#options;
    const common = { port: this.#port, timeoutMs };
    this.#loops = [
      new OpenLoop({ ...common, kind: 'get', path: this.#getPath, perSecond: rate }),
      new OpenLoop({ ...common, kind: 'create', path: PATHS.create, perSecond: createRate }),
    ];
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    await Promise.all([...this.#loops, ...this.#clients].map((one) => one.stop()));
  }

  #open(): number {
    return new Set(this.events.filter(({ what }) => what === 'open').map(({ channel }) => channel)).size;
  }
}
