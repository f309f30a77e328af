/** One worker's clients of HTTP/2, and those of whom it is not known yet what they speak. */
import type { Socket } from 'node:net';
import { ClientConnection, type ClientHooks } from '../client-connection.ts';
import type { ListenerRules } from '../listener-rules.ts';
import type { WorkerContext } from '../worker-context.ts';
import { Http2Connection } from './connection.ts';
import { FirstBytes } from './first-bytes.ts';

/** What `ClientConnection` wants to know of a client. */
export interface Origin {
  readonly rules: ListenerRules;
  /** What the socket is on, for a connection with TLS. */
  readonly tcp: Socket | undefined;
  /** By a PROXY header. */
  readonly source: string | undefined;
}

export interface Http2ClientsHooks {
  readonly onRequest: ClientHooks['onRequest'];
  /** A stream has opened, or closed. */
  readonly onStream: (client: ClientConnection) => void;
  readonly onStreamClosed: (client: ClientConnection) => void;
  /** This client speaks HTTP/1.1; its socket is paused. */
  readonly onHttp1: (socket: Socket, origin: Origin) => void;
  /** A connection has closed that did not come to `onHttp1`. */
  readonly onGone: () => void;
}

export class Http2Clients {
  readonly #worker: WorkerContext;
  readonly #hooks: Http2ClientsHooks;
  readonly #connections = new Set<Http2Connection>();
  readonly #untold = new Set<FirstBytes>();

  constructor(worker: WorkerContext, hooks: Http2ClientsHooks) {
    this.#worker = worker;
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#connections.size + this.#untold.size;
  }

  /** The client's first bytes say what it speaks. */
  hear(socket: Socket, origin: Origin): void {
    this.#untold.add(
      new FirstBytes(this.#worker, socket, {
        onTold: (first, http2) => {
          this.#untold.delete(first);
          if (http2) this.take(socket, origin);
          else this.#hooks.onHttp1(socket, origin);
          socket.resume();
        },
        onGone: (first) => {
          this.#untold.delete(first);
          this.#hooks.onGone();
        },
      }),
    );
  }

  take(socket: Socket, { rules, tcp, source }: Origin): void {
    const worker = this.#worker;
    const hooks = this.#hooks;
    const connection = new Http2Connection(
      worker,
      socket,
      {
        onStream: (stream, refusal) => {
          const { onRequest } = hooks;
          const onClosed = (closed: ClientConnection): void => {
            hooks.onStreamClosed(closed);
            connection.onStreamClosed();
          };
          const client = new ClientConnection(worker, stream, { onRequest, onClosed }, rules, stream, source);
          hooks.onStream(client);
          if (refusal !== undefined) client.refuse(refusal);
        },
        onFault: (fault) => {
          worker.stats.http2Faults[fault]++;
        },
        onClosed: () => {
          this.#connections.delete(connection);
          hooks.onGone();
        },
      },
      tcp,
    );
    this.#connections.add(connection);
  }

  /** Others take over: a connection goes once its requests are done. */
  onShutdown(): void {
    for (const connection of this.#connections) connection.onShutdown();
  }

  /** Who has said nothing yet has nothing to lose. */
  dropUntold(): void {
    for (const first of this.#untold) first.drop();
  }

  onShutdownDeadline(): void {
    for (const connection of this.#connections) connection.onShutdownDeadline();
  }
}
