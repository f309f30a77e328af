/**
 * Where one worker's clients come in: listening sockets, plain or with TLS, and what is said of them anew at a reload.
 */
import type { Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { WorkerTls } from '../tls/listener-tls.ts';
import type { Handshakes } from './handshakes.ts';
import { type Address, Listener, type Manner } from './listener.ts';
import { rulesOf } from './listener-rules.ts';
import { TlsGate } from './tls-gate.ts';

export interface ListenersOptions {
  readonly config: ProxyConfig;
  readonly tls: WorkerTls;
  readonly handshakes: Handshakes;
  readonly onConnection: (tcp: Socket, manner: Manner) => void;
}

export class Listeners {
  readonly #handshakes: Handshakes;
  readonly #addresses: readonly Address[];
  readonly #listeners: readonly Listener[];
  #config: ProxyConfig;
  #tls: WorkerTls;

  /** Throws when a certificate cannot be used. */
  constructor({ config, tls, handshakes, onConnection }: ListenersOptions) {
    this.#handshakes = handshakes;
    this.#config = config;
    this.#tls = tls;
    this.#addresses = addressesOf(config);
    this.#listeners = this.#manners(config, tls).map((manner) => new Listener(manner, onConnection));
  }

  /**
   * Resolves to the addresses in the order of the configuration; rejects with the system's error. `descriptors`: of
   * sockets that are bound already, in the same order; where there is none, a socket of its own is opened.
   */
  async listen(descriptors: readonly number[]): Promise<readonly Address[]> {
    const addresses: Address[] = [];
    for (const [index, listener] of this.#listeners.entries()) {
      const { host, port } = this.#addresses[index] ?? { host: '', port: 0 };
      const fd = descriptors[index];
      await listener.listen(fd === undefined ? { host, port } : { fd });
      addresses.push({ host, port: listener.port ?? port });
    }
    return addresses;
  }

  /**
   * For connections from now on. Throws, with all as it was, when a certificate cannot be used. Listeners at other
   * addresses change nothing: then other workers take over.
   */
  follow(config: ProxyConfig, tls: WorkerTls): void {
    if (!isDeepStrictEqual(addressesOf(config), this.#addresses)) return;
    // Hundreds of certificates take a while.
    if (isDeepStrictEqual(decisive(config, tls), decisive(this.#config, this.#tls))) return;
    const manners = this.#manners(config, tls);
    this.#config = config;
    this.#tls = tls;
    this.#listeners.forEach((listener, index) => {
      listener.manner = manners[index] ?? listener.manner;
    });
  }

  /** Sessions that clients hold by tickets of before are not resumed. */
  rotateTickets(ticketSecret: string): void {
    this.follow(this.#config, { ...this.#tls, ticketSecret });
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  #manners(config: ProxyConfig, { listeners, ticketSecret }: WorkerTls): readonly Manner[] {
    const { handshake: handshakeTimeout } = config.timeouts;
    return config.listeners.map((listener, index) => {
      const tls = listeners[index] ?? undefined;
      // Never in clear what should have been secret.
      if ((tls === undefined) !== (listener.tls === undefined)) {
        throw new Error(`the certificates of listeners[${index}] are missing`);
      }
      const rules = rulesOf(listener);
      const options = { ticketSecret, handshakeTimeout, handshakes: this.#handshakes, rules };
      const { maxConnections, proxyProtocol } = listener;
      return { index, maxConnections, proxyProtocol, rules, gate: tls && new TlsGate(tls, options) };
    });
  }
}

/** What a manner is made of. */
function decisive({ listeners, timeouts }: ProxyConfig, tls: WorkerTls) {
  return { listeners, handshake: timeouts.handshake, tls };
}

function addressesOf({ listeners }: ProxyConfig): readonly Address[] {
  return listeners.map(({ host, port }) => ({ host, port }));
}
