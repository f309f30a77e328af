/**
 * One try of one node for an exchange: sends the request when the connection stands, reads the answer, keeps pace on
 * both sides, and reports once how it ended.
 */
import { type Forward, targetFor } from '../affinity/decision.ts';
import { requestHeadFor } from '../http/forward-request.ts';
import { Answer, type AnswerContext } from './answer.ts';
import type { ClientConnection } from './client-connection.ts';
import { NEVER } from './deadlines.ts';
import type { NodeConnection, NodeUser } from './node-connection.ts';
import type { NodeConnections } from './node-connections.ts';
import { HIGH_WATER } from './outlet.ts';
import type { RequestBody } from './request-body.ts';
import type { WorkerContext } from './worker-context.ts';

/**
 * - `refused`, `unreached`: no connection, so the node knows nothing of the request.
 * - `stale`: a reused connection closed without a byte of answer, as happens when the node was just closing it.
 * - `closed`, `timeout`, `invalid`: the node has the request, or may have it.
 */
export type AttemptFailure = 'refused' | 'unreached' | 'stale' | 'closed' | 'timeout' | 'invalid';

/** The exchange that an attempt is made for. */
export interface AttemptOwner extends AnswerContext {
  readonly requestId: string;
  readonly client: ClientConnection;
  readonly body: RequestBody | undefined;
  readonly bodyComplete: boolean;
  /** ms that a new connection took. */
  onConnected(ms: number): void;
  onFirstByte(): void;
  /** The answer is sent as a whole. */
  onAnswered(answer: Answer): void;
  /** A 101 is sent; bytes [start, end) of the buffer are the tunnel's first. */
  onUpgraded(answer: Answer, connection: NodeConnection, buffer: Buffer, start: number, end: number): void;
  onDeclined(): void;
  onFailed(failure: AttemptFailure, answer: Answer): void;
}

export class Attempt implements NodeUser {
  readonly answer: Answer;
  readonly #worker: WorkerContext;
  readonly #nodes: NodeConnections;
  readonly #owner: AttemptOwner;
  readonly #decision: Forward;
  readonly #connection: NodeConnection;
  readonly #connectingSince: number;
  #sent = false;
  #answering = false;
  #over = false;

  /** `fresh`: on a new connection, whatever is idle. */
  constructor(
    worker: WorkerContext,
    nodes: NodeConnections,
    owner: AttemptOwner,
    decision: Forward,
    { replayable, fresh }: { replayable: boolean; fresh: boolean },
  ) {
    this.#worker = worker;
    this.#nodes = nodes;
    this.#owner = owner;
    this.#decision = decision;
    worker.load.begin(decision.node.index);
    this.#connection = fresh ? nodes.connect(decision.node, this) : nodes.lease(decision.node, this, replayable);
    this.#connectingSince = this.#connection.connected ? 0 : performance.now();
    this.answer = new Answer(this.#connection.head, worker.config.limits.head, owner);
  }

  /** Sends at once on a connection that stands. Apart from the constructor, which must not report to its owner yet. */
  start(): void {
    if (this.#connection.connected) this.#send();
  }

  /** More of the body was handed to the connection, or it is complete now. */
  onBodyProgress(): void {
    if (this.#sent) this.#keepPace();
  }

  /** The client has taken all that was written to it. */
  onClientDrain(): void {
    // What it has taken may be the answer before.
    if (this.#over || !this.answer.begun) return;
    this.#owner.client.deadline = NEVER;
    this.#connection.deadline = this.#worker.deadlines.now + this.#worker.config.timeouts.stall;
    this.#connection.socket.resume();
  }

  /** Gives the attempt up without a report: what the connection was used for cannot be known to be over. */
  abandon(): void {
    if (this.#over) return;
    this.#leave();
    this.#connection.user = undefined;
    this.#connection.destroy();
  }

  onNodeConnected(): void {
    this.#owner.onConnected(performance.now() - this.#connectingSince);
    this.#send();
  }

  onNodeDrain(): void {
    if (this.#owner.bodyComplete) return;
    this.#owner.client.socket.resume();
    this.#connection.deadline = NEVER;
    this.#keepPace();
  }

  onNodeData(buffer: Buffer, length: number): void {
    const { answer } = this;
    const connection = this.#connection;
    const owner = this.#owner;
    if (!this.#answering) {
      this.#answering = true;
      owner.onFirstByte();
    }
    switch (answer.feed(buffer, length)) {
      case 'more':
        if (answer.begun) this.#keepAnswerPace();
        break;
      case 'complete':
        this.#answered(answer.used === length && connection.head.keepAlive);
        break;
      case 'upgraded':
        this.#over = true;
        owner.onUpgraded(answer, connection, buffer, answer.used, length);
        break;
      case 'declined':
        this.abandon();
        owner.onDeclined();
        break;
      case 'invalid':
        this.#fail('invalid');
        break;
    }
  }

  onNodeEnd(): void {
    if (!this.#connection.socket.wasReset && this.answer.endOfInput() === 'complete') this.#answered(false);
    else this.#fail('closed');
  }

  onNodeDeadline(): void {
    if (this.#connection.connected) this.#fail('timeout');
    else this.#connection.destroy();
  }

  onNodeClosed(error: NodeJS.ErrnoException | undefined): void {
    if (this.#connection.connected) this.#fail('closed');
    else this.#fail(error?.code === 'ECONNREFUSED' ? 'refused' : 'unreached');
  }

  #send(): void {
    const connection = this.#connection;
    const decision = this.#decision;
    const owner = this.#owner;
    const { node } = decision;
    const { forwarding, head } = owner.client;
    const text = requestHeadFor(head, targetFor(decision, node), node.authority, forwarding, owner.requestId);
    this.#sent = true;
    connection.socket.uploading = !owner.bodyComplete;
    if (owner.body === undefined) connection.socket.write(text, 'latin1');
    else owner.body.begin(connection.socket, text);
    if (!owner.bodyComplete && owner.client.socket.isPaused()) owner.client.socket.resume();
    this.#keepPace();
  }

  /** Who has to move next, and until when: the client with its body, or the node with taking it or with its answer. */
  #keepPace(): void {
    const connection = this.#connection;
    const owner = this.#owner;
    const worker = this.#worker;
    const { client } = owner;
    const { now } = worker.deadlines;
    const { answer, body, stall } = worker.config.timeouts;
    if (owner.bodyComplete) {
      if (this.answer.begun) return;
      client.deadline = NEVER;
      connection.deadline = now + answer;
    } else if (connection.socket.writableLength > HIGH_WATER) {
      client.socket.pause();
      client.deadline = NEVER;
      connection.deadline = now + stall;
    } else client.deadline = now + body;
  }

  #keepAnswerPace(): void {
    const connection = this.#connection;
    const owner = this.#owner;
    const worker = this.#worker;
    const { now } = worker.deadlines;
    const { stall } = worker.config.timeouts;
    if (owner.clientSocket.writableLength > HIGH_WATER) {
      connection.socket.pause();
      connection.deadline = NEVER;
      owner.client.deadline = now + stall;
    } else connection.deadline = now + stall;
  }

  /** `clean`: the connection is fit for another exchange, as far as the answer goes. */
  #answered(clean: boolean): void {
    this.#leave();
    if (clean && this.#owner.bodyComplete) this.#nodes.release(this.#connection);
    else {
      this.#connection.user = undefined;
      this.#connection.destroy();
    }
    this.#owner.onAnswered(this.answer);
  }

  #fail(failure: AttemptFailure): void {
    const stale = failure === 'closed' && this.#connection.reused && !this.#answering;
    this.abandon();
    this.#owner.onFailed(stale ? 'stale' : failure, this.answer);
  }

  #leave(): void {
    this.#over = true;
    this.#worker.load.end(this.#decision.node.index);
  }
}
