/**
 * Which connections get in: so many in all, on one listener, and from one client. One that is over a limit is reset: to
 * say why would take a TLS handshake, which costs more than what is to be saved. Workers share nothing, so each has an
 * equal share of a limit.
 */
import type { Socket } from 'node:net';
import type { ConnectionRefusal } from '../observe/labels.ts';
import { addressKey } from './address-key.ts';
import type { Manner } from './listener.ts';
import type { WorkerContext } from './worker-context.ts';

export class ConnectionLimits {
  readonly #worker: WorkerContext;
  /** By the listener's index; only those with a limit. */
  readonly #ofListeners: number[] = [];
  /** By `addressKey`; only while there is a limit. */
  readonly #ofClients = new Map<string, number>();

  constructor(worker: WorkerContext) {
    this.#worker = worker;
  }

  /** Whether it may go on; if not, it is reset. A client that a PROXY header will name is not looked at yet. */
  admit(tcp: Socket, { index, maxConnections, proxyProtocol }: Manner): boolean {
    const { config, stats } = this.#worker;
    if (stats.clientConnections >= this.#share(config.limits.connections)) return this.#refuse(tcp, 'limit');
    if (maxConnections !== undefined) {
      const open = this.#ofListeners[index] ?? 0;
      if (open >= this.#share(maxConnections)) return this.#refuse(tcp, 'listener-limit');
      this.#ofListeners[index] = open + 1;
      tcp.once('close', () => {
        this.#ofListeners[index] = (this.#ofListeners[index] ?? 1) - 1;
      });
    }
    return proxyProtocol || this.admitClient(tcp, undefined);
  }

  /** The same for its client alone. `source`: what the PROXY header names, undefined for the other end of `tcp`. */
  admitClient(tcp: Socket, source: string | undefined): boolean {
    const { config, peers } = this.#worker;
    const limit = config.limits.perAddress.connections;
    if (limit === 0 || source === '') return true;
    const address = peers.normalize(source ?? tcp.remoteAddress ?? '');
    // Through a trusted proxy come many.
    if (peers.isTrusted(address)) return true;
    const key = addressKey(address);
    const open = this.#ofClients.get(key) ?? 0;
    if (open >= this.#share(limit)) return this.#refuse(tcp, 'address-limit');
    this.#ofClients.set(key, open + 1);
    tcp.once('close', () => this.#clientGone(key));
    return true;
  }

  #clientGone(key: string): void {
    const left = (this.#ofClients.get(key) ?? 1) - 1;
    if (left === 0) this.#ofClients.delete(key);
    else this.#ofClients.set(key, left);
  }

  #refuse(tcp: Socket, why: ConnectionRefusal): false {
    this.#worker.refuseConnection(tcp, why);
    return false;
  }

  #share(limit: number): number {
    return Math.max(1, Math.floor(limit / this.#worker.workers));
  }
}
