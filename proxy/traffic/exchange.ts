/**
 * One request and its answer: decide, try nodes, answer or refuse, record. It owns its outcome, and
 * ends exactly once, in `end`, with one termination cause.
 */
import type { RequestClass } from '../../config/request-classes.ts';
import type { DecidedBy, Decision, Forward, Verdict } from '../affinity/decision.ts';
import { isTokenShaped } from '../affinity/token.ts';
import type { AnswerHead } from '../http/answer-head.ts';
import { healthAnswer } from '../http/health-answer.ts';
import { httpsRedirect } from '../http/https-redirect.ts';
import { ownCopy } from '../http/own-copy.ts';
import { REFUSALS, type RefusalCode } from '../http/refusals.ts';
import type { ExchangeRecord, Termination } from '../observe/record.ts';
import type { ExchangeTrace } from '../tracing/trace.ts';
import type { Answer } from './answer.ts';
import type { AttemptFailure } from './attempt.ts';
import { Attempts, type AttemptsOwner } from './attempts.ts';
import type { ClientConnection, ClientUser } from './client-connection.ts';
import { companionField } from './companion-field.ts';
import { CreateReader } from './create-reader.ts';
import type { NodeConnection } from './node-connection.ts';
import type { NodeConnections } from './node-connections.ts';
import { HIGH_WATER } from './outlet.ts';
import { refusalTo } from './refusal.ts';
import { RequestBody } from './request-body.ts';
import type { RequestRates } from './request-rates.ts';
import { Tunnel } from './tunnel.ts';
import type { WorkerContext } from './worker-context.ts';

/**
 * A client that closes its sending side together with its request still reads the answer; one that does so later, or
 * when the answer has begun, has given up: a closed connection looks the same as one that is half-closed until bytes
 * are sent on it, and a long poll sends none. Browsers never half-close; scripts that do, do it at once, but a busy
 * process may read it that much later: with 20 ms the answer was lost on a machine with twelve processes ready to run.
 */
const HALF_CLOSE_MS = 250;

export class Exchange implements ClientUser, AttemptsOwner, ExchangeRecord {
  // What is recorded of it.
  requestId: string;
  clientAddress: string;
  readonly method: string;
  target: string;
  readonly httpVersion: string;
  readonly startedAt = Date.now();
  token = '';
  created = '';
  reference = '';
  status = 0;
  node = '';
  class: RequestClass = 'any';
  by: DecidedBy | '' = '';
  verdict: Verdict | '' = '';
  conflict = false;
  termination: Termination = 'completed';
  error = '';
  durationMs = -1;
  connectMs = -1;
  firstByteMs = -1;
  bytesIn: number;
  bytesOut = 0;
  tunnel = false;
  readonly trace: ExchangeTrace | undefined;

  readonly client: ClientConnection;
  readonly body: RequestBody | undefined;
  addedFields = '';
  onAnswerBody: ((buffer: Buffer, start: number, end: number) => void) | undefined;
  readonly #worker: WorkerContext;
  readonly #attempts: Attempts;
  readonly #started = performance.now();
  #ended = false;

  /** `headLength`: bytes of the request head, which is in `client.head`. */
  constructor(worker: WorkerContext, nodes: NodeConnections, client: ClientConnection, headLength: number) {
    const { head } = client;
    this.#worker = worker;
    this.#attempts = new Attempts(worker, nodes, this);
    this.client = client;
    const { peer, trusted } = client.forwarding;
    this.clientAddress = trusted ? worker.peers.clientAddress(peer, head.forwardedFor) : peer;
    this.method = head.method;
    this.target = head.target;
    this.httpVersion = client.forwarding.http2 ? '2' : head.http10 ? '1.0' : '1.1';
    this.bytesIn = headLength;
    this.requestId = worker.requestIds.take(head.requestId);
    this.trace = worker.tracing?.begin(head, client.forwarding.proto, this.startedAt, this.#started);
    this.body = head.hasBody ? new RequestBody(head, worker.config.limits.body) : undefined;
    worker.stats.inFlight++;
    worker.retryBudget.earn();
  }

  get attempts(): number {
    return this.#attempts.count;
  }

  get clientSocket(): ClientConnection['socket'] {
    return this.client.socket;
  }

  get clientHttp10(): boolean {
    return this.client.head.http10;
  }

  get wantsContinue(): boolean {
    return this.client.head.expectsContinue;
  }

  get wantsUpgrade(): boolean {
    return this.client.head.websocket;
  }

  get bodyComplete(): boolean {
    return this.body === undefined || this.body.complete;
  }

  /** An answer that overtakes its request's body ends the connection: the rest of that body is no next request. */
  get keepAlive(): boolean {
    return this.client.head.keepAlive && this.bodyComplete && !this.#worker.closing && !this.client.saidAll;
  }

  start(): void {
    const { client } = this;
    const worker = this.#worker;
    if (worker.requestRates !== undefined && this.#isTooSoon(worker.requestRates)) return;
    if (client.rules.redirectPort !== 0) {
      this.#redirect(client.rules.redirectPort);
      return;
    }
    if (client.head.contentLength > worker.config.limits.body) {
      this.refuse('body_too_large', 'bad-request');
      return;
    }
    // What has come of the body already is checked before any node hears of the request.
    const { unread } = client;
    if (this.body !== undefined && unread !== undefined) {
      client.unread = undefined;
      this.onClientData(unread);
      if (this.#ended) return;
    }
    this.#follow(worker.router.decide(worker.view, client.head, this.startedAt, client.rules.paths), this.#started);
  }

  /** What a trusted proxy sends on its own account, or of clients that it does not name, is not limited. */
  #isTooSoon(rates: RequestRates): boolean {
    const { peers, deadlines } = this.#worker;
    if (this.clientAddress === this.client.forwarding.peer && peers.isTrusted(this.clientAddress)) return false;
    const wait = rates.take(this.clientAddress, deadlines.now);
    if (wait > 0) this.refuse('too_many_requests', 'refused', wait);
    return wait > 0;
  }

  #follow(decision: Decision, now: number): void {
    this.class = decision.class;
    if (decision.action === 'look-up') {
      this.token = decision.token;
      this.#lookUp(decision.token);
    } else if (decision.action === 'deny') {
      this.refuse(decision.code, decision.code === 'bad_target' ? 'bad-request' : 'refused');
    } else if (decision.action === 'health') {
      this.#answerHealth(decision.healthy && !this.#worker.leaving);
    } else {
      this.by = decision.by;
      this.verdict = decision.verdict;
      this.conflict = decision.conflict;
      this.reference = decision.reference;
      if (decision.action === 'forward') {
        this.token = decision.token;
        this.#attempts.start(decision, now);
      } else {
        this.node = decision.node?.name ?? '';
        this.refuse(decision.code, 'refused');
      }
    }
  }

  #lookUp(token: string): void {
    const worker = this.#worker;
    worker.owners.find(worker.view, token).then((result) => {
      worker.stats.lookUp(result.outcome);
      if (this.#ended) return;
      const owner = result.outcome === 'found' ? worker.view.byName.get(result.node) : undefined;
      const decision = worker.router.decideOwned(worker.view, this.client.head, owner, Date.now());
      this.#follow(decision, performance.now());
    });
  }

  onAttempt({ node, verdict }: Forward): void {
    this.node = node.name;
    this.verdict = verdict;
    this.firstByteMs = -1;
  }

  // The client's side.

  onClientData(chunk: Buffer): void {
    const { body, client } = this;
    if (body === undefined || body.complete) {
      client.keep(chunk);
      return;
    }
    const progress = body.feed(chunk);
    if (progress === 'malformed' || progress === 'too-large') {
      this.bytesIn += chunk.length;
      if (this.#attempts.begun) this.cutOff('bad-request');
      else this.refuse(progress === 'malformed' ? 'bad_framing' : 'body_too_large', 'bad-request');
      return;
    }
    this.bytesIn += body.used;
    if (body.used < chunk.length) client.keep(chunk.subarray(body.used));
    // Until a node takes it, no more than one buffer of body waits here.
    if (body.held > HIGH_WATER) client.socket.pause();
    this.#attempts.onBodyProgress();
  }

  onClientEnd(): void {
    if (!this.bodyComplete) {
      if (this.#attempts.begun) this.cutOff('client-abort');
      else this.refuse('bad_request', 'client-abort');
    } else if (this.#attempts.begun || performance.now() - this.#started > HALF_CLOSE_MS) {
      this.cutOff('client-abort');
    }
  }

  onClientDrain(): void {
    this.#attempts.onClientDrain();
  }

  onClientDeadline(): void {
    if (this.#attempts.begun) this.cutOff('client-stalled');
    else this.refuse('request_timeout', 'client-timeout');
  }

  onShutdown(): void {
    if (this.#attempts.begun) this.cutOff('shutdown');
    else this.refuse('no_node_available', 'shutdown');
  }

  onClientClosed(): void {
    this.#attempts.drop();
    this.#end('client-abort', false);
  }

  // The node's side.

  onConnected(ms: number): void {
    this.connectMs = ms;
  }

  onFirstByte(now: number): void {
    this.firstByteMs = now - this.#started;
  }

  onAnswerHead(head: AnswerHead): boolean {
    const { decision } = this.#attempts;
    const worker = this.#worker;
    if (decision === undefined) return true;
    if (head.status === 404 && this.#attempts.mayAskNext) return false;
    this.status = head.status;
    // Made or joined over the live channel; for others it is in the path or in the body.
    if (decision.class === 'live' && isTokenShaped(head.session)) this.token = head.session;
    this.addedFields = companionField(worker, decision, head, this.client.head.cookie);
    if (worker.cookieRepair !== undefined) this.addedFields = worker.cookieRepair.linesFor(head) + this.addedFields;
    if (!head.strictTransport) this.addedFields += this.client.rules.hsts;
    if (decision.class === 'create' && CreateReader.wants(head)) {
      const reader = new CreateReader(worker, decision.node, head);
      this.onAnswerBody = (buffer, start, end) => {
        reader.read(buffer, start, end);
        this.created = reader.token;
      };
    } else if (decision.askNextOn404 && head.status < 300) {
      worker.directory.learnUser(worker.view, decision.token, decision.node, 'look-up');
    }
    return true;
  }

  onSmallAnswer(): void {
    const { forwarding, socket } = this.client;
    // Streams of HTTP/2 share a connection, which gathers what they write.
    if (!forwarding.http2) this.#worker.writes.hold(socket);
  }

  onAnswered(answer: Answer, now: number): void {
    this.bytesOut += answer.bytesOut;
    this.#attempts.onAnswered();
    this.#end(this.bodyComplete ? 'completed' : 'early-answer', answer.keepsAlive && this.bodyComplete, now);
  }

  onUpgraded(answer: Answer, connection: NodeConnection, buffer: Buffer, start: number, end: number): void {
    const { client } = this;
    const worker = this.#worker;
    const { index } = connection.node;
    this.#attempts.onAnswered();
    this.tunnel = true;
    this.bytesOut += answer.bytesOut;
    this.trace?.upgraded(this);
    this.#outlastHeads(connection);
    worker.stats.tunnels[index] = (worker.stats.tunnels[index] ?? 0) + 1;
    const tunnel = new Tunnel(worker, client, connection, (termination) => {
      worker.stats.tunnels[index] = (worker.stats.tunnels[index] ?? 1) - 1;
      worker.load.end(index);
      worker.tunnels.delete(tunnel);
      this.bytesIn += tunnel.bytesIn;
      this.bytesOut += tunnel.bytesOut;
      this.#end(termination, false);
    });
    worker.tunnels.add(tunnel);
    worker.tunnelOpened(this);
    tunnel.start(buffer, start, end);
  }

  /**
   * A tunnel keeps what is recorded of it and no heads, of which each string is a part: 1 KB of 10, and more with long
   * cookies.
   */
  #outlastHeads(connection: NodeConnection): void {
    const { decision } = this.#attempts;
    if (decision !== undefined) this.#ownRecord(decision);
    this.client.dropHead();
    connection.dropHead();
  }

  /**
   * A long poll that is held will not be sent again, and so needs no head to send: some 0.4 KB of 8, and with what
   * browsers say of themselves the whole of that. Not done at once, since most answers come soon.
   */
  onHeld(decision: Forward): Forward {
    if (this.#attempts.replayable) return decision;
    this.client.head.shed();
    return this.#ownRecord(decision);
  }

  /** What is recorded, without the head that it is a part of. */
  #ownRecord(decision: Forward): Forward {
    this.requestId = ownCopy(this.requestId);
    this.clientAddress = ownCopy(this.clientAddress);
    this.target = ownCopy(this.target);
    this.token = ownCopy(this.token);
    this.reference = ownCopy(this.reference);
    const { token, reference } = this;
    const kept = { ...decision, token, reference, rest: '' };
    this.#attempts.keep(kept);
    return kept;
  }

  onDeclined(): void {
    this.#attempts.onDeclined();
  }

  onFailed(failure: AttemptFailure): void {
    this.#attempts.onFailed(failure);
  }

  onNodeDown(node: string): void {
    this.#attempts.onNodeDown(node);
  }

  onNodeSilent(node: string): void {
    this.#attempts.onNodeSilent(node);
  }

  onStalls(now: number): void {
    this.#attempts.onStalls(now);
  }

  // The ways it ends.

  #redirect(port: number): void {
    const { keepAlive } = this;
    const { head } = this.client;
    if (head.host === '') this.refuse('bad_host', 'bad-request');
    else this.#answer(308, httpsRedirect(head, { port, keepAlive }), keepAlive);
  }

  #answerHealth(healthy: boolean): void {
    const { keepAlive } = this;
    this.#answer(healthy ? 200 : 503, healthAnswer(healthy, keepAlive), keepAlive);
  }

  #answer(status: number, text: string, keepAlive: boolean): void {
    this.status = status;
    this.bytesOut += text.length;
    this.client.socket.write(text, 'latin1');
    this.#end('completed', keepAlive);
  }

  /** `retryAfter`: seconds, absent for what is usual. */
  refuse(code: RefusalCode, termination: Termination, retryAfter?: number): void {
    if (this.#ended) return;
    this.#attempts.drop();
    const keepAlive = this.keepAlive && termination === 'refused';
    const { requestId } = this;
    const text = refusalTo(this.client.head, code, this.#worker, { requestId, keepAlive, retryAfter });
    this.error = code;
    this.status = REFUSALS[code].status;
    this.bytesOut += text.length;
    this.client.socket.write(text, 'latin1');
    this.#end(termination, keepAlive);
  }

  /** The answer has begun and cannot be finished: the client must see that it is cut off, never a clean end. */
  cutOff(termination: Termination): void {
    if (this.#ended) return;
    this.#attempts.drop();
    this.#end(termination, false, performance.now(), true);
  }

  #end(termination: Termination, keepAlive: boolean, now = performance.now(), abort = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.termination = termination;
    this.durationMs = now - this.#started;
    this.#worker.stats.inFlight--;
    this.#worker.record(this, this.#attempts.decision?.node.index ?? -1);
    this.trace?.ended(this);
    if (abort) this.client.abort();
    else if (!this.tunnel) this.client.release(keepAlive);
  }
}
