/**
 * The sockets of the listeners, which the anchor holds: who listens as before keeps the socket, whatever else changes.
 */
import type { Address, HeldSocket } from '../anchor/messages.ts';
import type { AnchorLink } from './anchor-link.ts';
import type { Memo } from './memo.ts';

/** `asked`: what the configuration says, where the port may be 0. */
export interface ListenerSocket extends HeldSocket {
  readonly asked: Address;
}

/** For other listeners; nothing of it shows until `commit`. */
export interface PreparedSockets {
  /** In the order of the listeners. */
  readonly sockets: readonly ListenerSocket[];
  commit(): void;
  discard(): void;
}

export class ListenerSockets {
  readonly #anchor: Pick<AnchorLink, 'hold' | 'release'>;
  #current: readonly ListenerSocket[];

  /** `held`: by a primary before this one. */
  constructor(anchor: Pick<AnchorLink, 'hold' | 'release'>, held: Memo['sockets'] = []) {
    this.#anchor = anchor;
    this.#current = held;
  }

  get current(): readonly ListenerSocket[] {
    return this.#current;
  }

  /** Rejects with the system's error, with all as it was. */
  async prepare(listeners: readonly Address[]): Promise<PreparedSockets> {
    const kept = matched(listeners, this.#current);
    const missing = listeners.filter((_, index) => kept[index] === undefined);
    const held = [...(await this.#anchor.hold(missing))];
    const opened = held.map(({ id }) => id);
    const sockets = listeners.flatMap(({ host, port }, index) => {
      const known = kept[index];
      if (known !== undefined) return known;
      const socket = held.shift();
      return socket === undefined ? [] : { ...socket, asked: { host, port } };
    });
    return {
      sockets,
      commit: () => this.#commit(sockets),
      discard: () => this.#anchor.release(opened),
    };
  }

  /** New connections are refused, once no worker listens. */
  releaseAll(): void {
    this.#commit([]);
  }

  #commit(sockets: readonly ListenerSocket[]): void {
    const left = new Set(this.#current.map(({ id }) => id));
    for (const { id } of sockets) left.delete(id);
    this.#current = sockets;
    this.#anchor.release([...left]);
  }
}

/** For each listener the socket that was opened for the same address, or undefined. */
function matched(
  listeners: readonly Address[],
  sockets: readonly ListenerSocket[],
): readonly (ListenerSocket | undefined)[] {
  const free = [...sockets];
  return listeners.map(({ host, port }) => {
    const index = free.findIndex(({ asked }) => asked.host === host && asked.port === port);
    return index < 0 ? undefined : free.splice(index, 1)[0];
  });
}
