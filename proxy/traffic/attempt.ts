/**
 * One try of one node for an exchange: leases a connection, sends the request when it stands, reads the answer, keeps
 * pace on both sides, and reports once how it ended.
 */
import { type Forward, targetFor } from '../affinity/decision.ts';
import { requestHeadFor } from '../http/forward-request.ts';
import { nodeTlsFailure } from '../tls/node-tls-failure.ts';
import type { AttemptTrace, ExchangeTrace } from '../tracing/trace.ts';
import { Answer, type AnswerContext } from './answer.ts';
import type { ClientConnection } from './client-connection.ts';
import { NEVER } from './deadlines.ts';
import type { NodeConnection } from './node-connection.ts';
import type { LeaseUser, NodeConnections } from './node-connections.ts';
import { noteAnswer, noteFailure } from './node-signs.ts';
import { HIGH_WATER, isFull } from './outlet.ts';
import type { RequestBody } from './request-body.ts';
import type { WorkerContext } from './worker-context.ts';

/**
 * The node knows nothing of the request:
 * - `refused`, `unreached`: no connection.
 * - `tls`: none that is safe.
 * - `busy`: it has all the connections it may have, and none came free in time.
 *
 * The node has the request, or may have it:
 * - `stale`: a reused connection closed without a byte of answer, as happens when the node was just closing it.
 * - `closed`, `timeout`, `invalid`: what became of its answer.
 * - `ejected`: the node was found dead meanwhile.
 */
export type AttemptFailure =
  | 'refused'
  | 'unreached'
  | 'tls'
  | 'busy'
  | 'stale'
  | 'closed'
  | 'timeout'
  | 'invalid'
  | 'ejected';

/** The exchange that an attempt is made for. */
export interface AttemptOwner extends AnswerContext {
  readonly requestId: string;
  readonly token: string;
  /** Nodes tried, this one included. */
  readonly attempts: number;
  readonly trace: ExchangeTrace | undefined;
  readonly client: ClientConnection;
  readonly body: RequestBody | undefined;
  readonly bodyComplete: boolean;
  /** ms that a new connection took. */
  onConnected(ms: number): void;
  /** `now`: ms of the monotonic clock. */
  onFirstByte(now: number): void;
  /** The answer is sent as a whole. `now`: ms of the monotonic clock. */
  onAnswered(answer: Answer, now: number): void;
  /** A 101 is sent; bytes [start, end) of the buffer are the tunnel's first. */
  onUpgraded(answer: Answer, connection: NodeConnection, buffer: Buffer, start: number, end: number): void;
  onDeclined(): void;
  /** The node has the whole request and holds its answer back; the decision to go on with. */
  onHeld(decision: Forward): Forward;
  onFailed(failure: AttemptFailure): void;
}

/** A live request that has waited so long for its answer is held, and will be for long. */
const HELD_AFTER_MS = 1_000;

export interface AttemptOptions {
  /** It may be sent again should a reused connection turn out stale. */
  readonly replayable: boolean;
  /** On a new connection, whatever is idle. */
  readonly fresh: boolean;
  /** Wait for a connection of a node that has all it may have, rather than fail as `busy`. */
  readonly mayQueue: boolean;
  /** ms of the monotonic clock. */
  readonly now: number;
}

export class Attempt implements LeaseUser {
  #decision: Forward;
  readonly #worker: WorkerContext;
  readonly #nodes: NodeConnections;
  readonly #owner: AttemptOwner;
  readonly #trace: AttemptTrace | undefined;
  #connection: NodeConnection | undefined;
  #answer: Answer | undefined;
  #connectingSince = 0;
  #owedSince = 0;
  #sent = false;
  #answering = false;
  #held = false;
  /** Counted by the stall detector as owed an answer. */
  #watched = false;
  #over = false;

  constructor(worker: WorkerContext, nodes: NodeConnections, owner: AttemptOwner, decision: Forward) {
    this.#worker = worker;
    this.#nodes = nodes;
    this.#owner = owner;
    this.#decision = decision;
    this.#trace = owner.trace?.attempt(owner, decision);
    worker.load.begin(decision.node.index);
  }

  get decision(): Forward {
    return this.#decision;
  }

  /** The final head of an answer has been sent: from here on an error can only be told by cutting it off. */
  get begun(): boolean {
    return this.#answer?.begun ?? false;
  }

  /** Bytes written to the client. */
  get bytesOut(): number {
    return this.#answer?.bytesOut ?? 0;
  }

  /** Since when the node owes the first byte of an answer, ms of the monotonic clock; 0 when it does not. */
  get owedSince(): number {
    return this.#watched ? this.#owedSince : 0;
  }

  /** How it fails if its node is dead. */
  get ifNodeDies(): 'ejected' | 'unreached' {
    return this.#sent ? 'ejected' : 'unreached';
  }

  start({ replayable, fresh, mayQueue, now }: AttemptOptions): void {
    const { node } = this.decision;
    const leased = fresh
      ? this.#nodes.connect(node, this)
      : this.#nodes.lease(node, this, replayable, mayQueue, this.#worker.config.queue);
    if (leased === 'busy') this.#fail('busy');
    else if (leased !== 'queued') this.#use(leased, now);
  }

  onNodeLeased(connection: NodeConnection): void {
    this.#use(connection, performance.now());
  }

  #use(connection: NodeConnection, now: number): void {
    this.#connection = connection;
    this.#answer = new Answer(connection, this.#worker.config.limits.head, this.#owner);
    if (connection.connected) this.#send(connection, now);
    else this.#connectingSince = now;
  }

  onQueueTimeout(): void {
    this.#fail('busy');
  }

  /** More of the body was handed to the connection, or it is complete now. */
  onBodyProgress(): void {
    if (this.#sent && this.#connection !== undefined) this.#keepPace(this.#connection);
  }

  /** The client has taken all that was written to it. */
  onClientDrain(): void {
    const connection = this.#connection;
    // What it has taken may be the answer before.
    if (this.#over || connection === undefined || !this.begun) return;
    this.#owner.client.deadline = NEVER;
    connection.deadline = this.#worker.deadlines.now + this.#worker.config.timeouts.stall;
    connection.socket.resume();
  }

  /** The node was found dead. An answer that has begun may still come; anything else will not. */
  onNodeDown(): void {
    if (!this.begun) this.#fail(this.ifNodeDies);
  }

  /** Gives the attempt up without a report: what the connection was used for cannot be known to be over. */
  abandon(): void {
    if (this.#over) return;
    this.#leave('given up');
    const connection = this.#connection;
    if (connection === undefined) {
      this.#nodes.leaveQueue(this.decision.node, this);
      return;
    }
    connection.user = undefined;
    connection.destroy();
  }

  onNodeConnected(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const now = performance.now();
    this.#trace?.connected(now);
    this.#owner.onConnected(now - this.#connectingSince);
    this.#send(connection, now);
  }

  onNodeDrain(): void {
    const connection = this.#connection;
    if (this.#owner.bodyComplete || connection === undefined) return;
    this.#owner.client.socket.resume();
    connection.deadline = NEVER;
    this.#keepPace(connection);
  }

  onNodeData(buffer: Buffer, length: number): void {
    const answer = this.#answer;
    const connection = this.#connection;
    const owner = this.#owner;
    if (answer === undefined || connection === undefined) return;
    // Of all that happens in a read the time is the same: each look at the clock takes 0.1 µs.
    const now = performance.now();
    if (this.#answering) this.#worker.stalls.alive(this.decision.node.index, now);
    else this.#onFirstByte(now);
    switch (answer.feed(buffer, length)) {
      case 'more':
        if (answer.begun) this.#keepAnswerPace(connection);
        break;
      case 'complete':
        this.#answered(answer, connection, answer.used === length && connection.head.keepAlive, now);
        break;
      case 'upgraded':
        this.#over = true;
        this.#trace?.ended(101, '');
        this.#worker.signs.succeeded(this.decision.node.index);
        owner.onUpgraded(answer, connection, buffer, answer.used, length);
        break;
      case 'declined':
        this.#worker.signs.succeeded(this.decision.node.index);
        this.#trace?.ended(connection.head.status, '');
        this.abandon();
        owner.onDeclined();
        break;
      case 'invalid':
        this.#fail('invalid');
        break;
    }
  }

  onNodeEnd(): void {
    const answer = this.#answer;
    const connection = this.#connection;
    if (answer === undefined || connection === undefined) return;
    if (connection.socket.endedCleanly && answer.endOfInput() === 'complete') {
      this.#answered(answer, connection, false, performance.now());
    } else this.#fail('closed');
  }

  onNodeDeadline(): void {
    const connection = this.#connection;
    if (!connection?.connected) connection?.destroy();
    else if (this.#mayBeHeld) this.#hold(connection);
    else this.#fail('timeout');
  }

  onNodeClosed(error: NodeJS.ErrnoException | undefined): void {
    const connection = this.#connection;
    if (connection?.connected) this.#fail('closed');
    else if (error?.code === 'ECONNREFUSED') this.#fail('refused');
    else this.#fail(connection?.tls !== undefined && nodeTlsFailure(error) !== undefined ? 'tls' : 'unreached');
  }

  #send(connection: NodeConnection, now: number): void {
    const owner = this.#owner;
    const { node } = this.decision;
    const { forwarding, head } = owner.client;
    const sent = requestHeadFor(
      head,
      targetFor(this.decision, node),
      node.authority,
      forwarding,
      owner.requestId,
      this.#trace?.fields,
    );
    const text = this.#worker.cookieRepair?.headForNode(sent) ?? sent;
    this.#sent = true;
    connection.socket.uploading = !owner.bodyComplete;
    this.#worker.writes.hold(connection.socket);
    if (owner.body === undefined) connection.socket.write(text, 'latin1');
    else owner.body.begin(connection.socket, text);
    if (!owner.bodyComplete && owner.client.socket.isPaused()) owner.client.socket.resume();
    this.#keepPace(connection, now);
  }

  /** The node has the whole request. A long poll is held on purpose: it says nothing of the node's health. */
  #watch(now = performance.now()): void {
    if (this.#watched || this.#answering || this.decision.class === 'live') return;
    this.#watched = true;
    this.#owedSince = now;
    this.#worker.stalls.sent(this.decision.node.index, now);
  }

  #onFirstByte(now: number): void {
    const { index } = this.decision.node;
    this.#answering = true;
    if (this.#watched) {
      this.#watched = false;
      this.#worker.stalls.answered(index, now, now - this.#owedSince);
    } else this.#worker.stalls.heard(index, now);
    this.#trace?.firstByte(now);
    this.#owner.onFirstByte(now);
  }

  /** Who has to move next, and until when: the client with its body, or the node with taking it or with its answer. */
  #keepPace(connection: NodeConnection, sentAt?: number): void {
    const owner = this.#owner;
    const worker = this.#worker;
    const { client } = owner;
    const { now } = worker.deadlines;
    const { answer, body, stall } = worker.config.timeouts;
    if (owner.bodyComplete) {
      if (this.begun) return;
      this.#watch(sentAt);
      client.deadline = NEVER;
      connection.deadline = now + (this.#mayBeHeld ? Math.min(answer, HELD_AFTER_MS) : answer);
    } else if (connection.socket.writableLength > HIGH_WATER) {
      client.socket.pause();
      client.deadline = NEVER;
      connection.deadline = now + stall;
    } else client.deadline = now + body;
  }

  get #mayBeHeld(): boolean {
    return this.decision.class === 'live' && !this.#held && this.#owner.bodyComplete && !this.begun;
  }

  #hold(connection: NodeConnection): void {
    const { deadlines, config } = this.#worker;
    const { answer } = config.timeouts;
    this.#held = true;
    connection.deadline = deadlines.now + Math.max(0, answer - HELD_AFTER_MS);
    this.#decision = this.#owner.onHeld(this.#decision);
  }

  #keepAnswerPace(connection: NodeConnection): void {
    const owner = this.#owner;
    const worker = this.#worker;
    const { now } = worker.deadlines;
    const { stall } = worker.config.timeouts;
    if (isFull(owner.clientSocket, connection.lends)) {
      connection.socket.pause();
      connection.deadline = NEVER;
      owner.client.deadline = now + stall;
    } else connection.deadline = now + stall;
  }

  /** `clean`: the connection is fit for another exchange, as far as the answer goes. */
  #answered(answer: Answer, connection: NodeConnection, clean: boolean, now: number): void {
    this.#leave('');
    noteAnswer(this.#worker.signs, this.decision, answer.status, connection.head);
    if (clean && this.#owner.bodyComplete) this.#nodes.release(connection);
    else {
      connection.user = undefined;
      connection.destroy();
    }
    this.#owner.onAnswered(answer, now);
  }

  #fail(failure: AttemptFailure): void {
    const stale = failure === 'closed' && this.#connection?.reused === true && !this.#answering;
    const reported = stale ? 'stale' : failure;
    noteFailure(this.#worker.signs, this.decision, reported);
    this.#trace?.ended(this.#answer?.status ?? 0, reported);
    this.abandon();
    this.#owner.onFailed(reported);
  }

  /** `failure`: for the trace, unless it has ended. */
  #leave(failure: string): void {
    const { index } = this.decision.node;
    this.#over = true;
    this.#trace?.ended(this.#answer?.status ?? 0, failure);
    this.#worker.load.end(index);
    if (this.#watched) {
      const now = performance.now();
      this.#watched = false;
      this.#worker.stalls.gaveUp(index, now, now - this.#owedSince);
    }
  }
}
