/** A node on plain sockets: records every byte it gets, and answers exactly what the test says. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { Waiters } from './waiters.ts';

export class NodeSocket {
  readonly socket: Socket;
  received = '';
  /** The proxy has closed its side, or reset the connection. */
  ended = false;
  closed = false;
  /** With TLS, and its session is one of before. */
  readonly resumed: boolean;
  #node: RawNode;

  constructor(socket: Socket, node: RawNode) {
    this.socket = socket;
    this.resumed = socket instanceof TLSSocket && socket.isSessionReused();
    this.#node = node;
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      node.onData(this);
      node.wake();
    });
    socket.on('error', () => {});
    socket.on('end', () => {
      this.ended = true;
      node.wake();
    });
    socket.on('close', () => {
      this.ended = true;
      this.closed = true;
      node.wake();
    });
  }

  send(bytes: string | Buffer): void {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /** Resolves when the bytes received satisfy the test. */
  until(test: string | ((received: string) => boolean)): Promise<string> {
    const satisfied = typeof test === 'string' ? (text: string) => text.includes(test) : test;
    return this.#node.when(() => (satisfied(this.received) ? this.received : undefined));
  }

  untilEnded(): Promise<true> {
    return this.#node.when(() => (this.ended ? true : undefined));
  }

  untilClosed(): Promise<true> {
    return this.#node.when(() => (this.closed ? true : undefined));
  }
}

export class RawNode {
  readonly connections: NodeSocket[] = [];
  /** Called with each read; by default answers each request without a body by `200` and `ok`. */
  onData: (connection: NodeSocket) => void = () => {};
  readonly #server: Server;
  readonly #waiters = new Waiters();
  readonly #sockets = new Set<Socket>();

  private constructor(tls: TlsOptions | undefined) {
    const connected = (socket: Socket): void => {
      this.connections.push(new NodeSocket(socket, this));
      this.wake();
    };
    const options = { allowHalfOpen: true, noDelay: true };
    // Those with a handshake that is not done as well.
    const accepted = (socket: Socket): void => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    };
    this.#server =
      tls === undefined ? createServer(options, connected) : createTlsServer({ ...options, ...tls }, connected);
    this.#server.on('connection', accepted);
  }

  /** `tls`: its connections are those whose handshake is done. */
  static async start(onData: (connection: NodeSocket) => void = () => {}, tls?: TlsOptions): Promise<RawNode> {
    const node = new RawNode(tls);
    node.onData = onData;
    node.#server.listen(0, '127.0.0.1');
    await once(node.#server, 'listening');
    return node;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** All bytes of all connections, in the order of connecting. */
  get received(): string {
    return this.connections.map((connection) => connection.received).join('');
  }

  /** The n-th connection, when it comes. */
  connection(index = 0): Promise<NodeSocket> {
    return this.when(() => this.connections[index]);
  }

  when<T>(look: () => T | undefined): Promise<T> {
    return this.#waiters.when(look);
  }

  wake(): void {
    this.#waiters.wake();
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers every request whose head is complete with these bytes; fit for requests without a body. */
export function answering(bytes: string): (connection: NodeSocket) => void {
  const answered = new WeakMap<NodeSocket, number>();
  return (connection) => {
    const heads = connection.received.split('\r\n\r\n').length - 1;
    for (let i = answered.get(connection) ?? 0; i < heads; i++) connection.send(bytes);
    answered.set(connection, heads);
  };
}

/** A `200` with this body. */
export function ok(body = 'ok'): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
