/** A client that says exactly the bytes it is given, and keeps every byte that it gets. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';

export class RawClient<Connection extends Socket = Socket> {
  readonly socket: Connection;
  /** All that was received, latin1. */
  received = '';
  /** The proxy has closed its side, or reset the connection. */
  ended = false;
  reset = false;
  #waiting = new Set<() => void>();

  private constructor(socket: Connection) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => {
      this.ended = true;
      // libuv reports a mere end when a reset arrives together with bytes; but then the kernel has no peer to name.
      if (socket.remoteAddress === undefined) this.reset = true;
      this.#wake();
    });
    socket.on('error', () => {
      this.reset = true;
    });
    socket.on('close', () => {
      this.ended = true;
      this.#wake();
    });
  }

  /** `localAddress`: what it connects from; any of 127.0.0.0/8. */
  static async open(port: number, localAddress?: string): Promise<RawClient> {
    const socket = tcpTo(port, localAddress);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Resolves when its handshake is done; rejects when that fails. Any certificate will do. */
  static async openTls(port: number, options: ConnectionOptions = {}): Promise<RawClient<TLSSocket>> {
    const socket = tlsConnect({ rejectUnauthorized: false, ...options, socket: options.socket ?? tcpTo(port) });
    await once(socket, 'secureConnect');
    return new RawClient(socket);
  }

  send(bytes: string | Buffer): void {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /** Resolves when what was received satisfies the test; rejects when the connection ends without. */
  until(test: string | ((received: string) => boolean)): Promise<string> {
    const satisfied = typeof test === 'string' ? (text: string) => text.includes(test) : test;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (satisfied(this.received)) resolve(this.received);
        else if (this.ended) reject(new Error(`connection ended after ${JSON.stringify(this.received)}`));
        else return;
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves with all that was received when the proxy has closed the connection. */
  untilEnd(): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.ended) return;
        this.#waiting.delete(look);
        resolve(this.received);
      };
      this.#waiting.add(look);
      look();
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** Not connected yet. */
export function tcpTo(port: number, localAddress?: string): Socket {
  const from = localAddress === undefined ? {} : { localAddress };
  return connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true, ...from });
}

/** One connection, these bytes, and all that came back by the time the proxy closed. */
export async function exchangeRaw(port: number, bytes: string | Buffer): Promise<string> {
  const client = await RawClient.open(port);
  client.send(bytes);
  const answer = await client.untilEnd();
  client.close();
  return answer;
}
