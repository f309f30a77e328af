/**
 * One request and its answer: decide, try nodes, answer or refuse, record. It owns its attempts and its outcome, and
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
import type { RetryReason } from '../observe/labels.ts';
import type { ExchangeRecord, Termination } from '../observe/record.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import type { ExchangeTrace } from '../tracing/trace.ts';
import type { Answer } from './answer.ts';
import { Attempt, type AttemptFailure, type AttemptOwner } from './attempt.ts';
import type { ClientConnection, ClientUser } from './client-connection.ts';
import { companionField } from './companion-field.ts';
import { CreateReader } from './create-reader.ts';
import type { NodeConnection } from './node-connection.ts';
import type { NodeConnections } from './node-connections.ts';
import { HIGH_WATER } from './outlet.ts';
import { refusalTo } from './refusal.ts';
import { RequestBody } from './request-body.ts';
import type { RequestRates } from './request-rates.ts';
import { AFTER, isReplayable, waitsInVain } from './retry.ts';
import { Tunnel } from './tunnel.ts';
import type { WorkerContext } from './worker-context.ts';

/**
 * A client that closes its sending side together with its request still reads the answer; one that does so later, or
 * when the answer has begun, has given up: a closed connection looks the same as one that is half-closed until bytes
 * are sent on it, and a long poll sends none. Browsers never half-close; scripts that do, do it at once, but a busy
 * process may read it that much later: with 20 ms the answer was lost on a machine with twelve processes ready to run.
 */
const HALF_CLOSE_MS = 250;

export class Exchange implements ClientUser, AttemptOwner, ExchangeRecord {
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
  attempts = 0;
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
  readonly #nodes: NodeConnections;
  readonly #started = performance.now();
  #decision: Forward | undefined;
  #attempt: Attempt | undefined;
  #tried: NodeSnapshot[] | undefined;
  /** Waits, or has waited, in a busy node's queue. */
  #queued = false;
  /** Once: or a slow request would run on every node, and ask the budget at every sweep. */
  #mayLeaveStalled = true;
  #ended = false;

  /** `headLength`: bytes of the request head, which is in `client.head`. */
  constructor(worker: WorkerContext, nodes: NodeConnections, client: ClientConnection, headLength: number) {
    const { head } = client;
    this.#worker = worker;
    this.#nodes = nodes;
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
      this.#refuse('body_too_large', 'bad-request');
      return;
    }
    // What has come of the body already is checked before any node hears of the request.
    const { unread } = client;
    if (this.body !== undefined && unread !== undefined) {
      client.unread = undefined;
      this.onClientData(unread);
      if (this.#ended) return;
    }
    this.#follow(worker.router.decide(worker.view, client.head, this.startedAt, client.rules.paths));
  }

  /** What a trusted proxy sends on its own account, or of clients that it does not name, is not limited. */
  #isTooSoon(rates: RequestRates): boolean {
    const { peers, deadlines } = this.#worker;
    if (this.clientAddress === this.client.forwarding.peer && peers.isTrusted(this.clientAddress)) return false;
    const wait = rates.take(this.clientAddress, deadlines.now);
    if (wait > 0) this.#refuse('too_many_requests', 'refused', wait);
    return wait > 0;
  }

  #follow(decision: Decision): void {
    this.class = decision.class;
    if (decision.action === 'look-up') {
      this.token = decision.token;
      this.#lookUp(decision.token);
    } else if (decision.action === 'deny') {
      this.#refuse(decision.code, decision.code === 'bad_target' ? 'bad-request' : 'refused');
    } else if (decision.action === 'health') {
      this.#answerHealth(decision.healthy && !this.#worker.leaving);
    } else {
      this.by = decision.by;
      this.verdict = decision.verdict;
      this.conflict = decision.conflict;
      this.reference = decision.reference;
      if (decision.action === 'forward') {
        this.token = decision.token;
        this.#try(decision);
      } else {
        this.node = decision.node?.name ?? '';
        this.#refuse(decision.code, 'refused');
      }
    }
  }

  #lookUp(token: string): void {
    const worker = this.#worker;
    worker.owners.find(worker.view, token).then((result) => {
      worker.stats.lookUp(result.outcome);
      if (this.#ended) return;
      const owner = result.outcome === 'found' ? worker.view.byName.get(result.node) : undefined;
      this.#follow(worker.router.decideOwned(worker.view, this.client.head, owner, Date.now()));
    });
  }

  #try(decision: Forward, { fresh = false, mayQueue = decision.strict } = {}): void {
    const worker = this.#worker;
    this.#decision = decision;
    this.node = decision.node.name;
    this.verdict = decision.verdict;
    this.attempts++;
    if (decision.class === 'create' && !fresh) worker.load.assign(decision.node);
    const attempt = new Attempt(worker, this.#nodes, this, decision);
    this.#attempt = attempt;
    attempt.start({ replayable: this.#replayable, fresh, mayQueue });
  }

  get #replayable(): boolean {
    return isReplayable(this.method, this.body !== undefined);
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
      if (this.#attempt?.begun) this.#cutOff('bad-request');
      else this.#refuse(progress === 'malformed' ? 'bad_framing' : 'body_too_large', 'bad-request');
      return;
    }
    this.bytesIn += body.used;
    if (body.used < chunk.length) client.keep(chunk.subarray(body.used));
    // Until a node takes it, no more than one buffer of body waits here.
    if (body.held > HIGH_WATER) client.socket.pause();
    this.#attempt?.onBodyProgress();
  }

  onClientEnd(): void {
    if (!this.bodyComplete) {
      if (this.#attempt?.begun) this.#cutOff('client-abort');
      else this.#refuse('bad_request', 'client-abort');
    } else if (this.#attempt?.begun || performance.now() - this.#started > HALF_CLOSE_MS) {
      this.#cutOff('client-abort');
    }
  }

  onClientDrain(): void {
    this.#attempt?.onClientDrain();
  }

  onClientDeadline(): void {
    if (this.#attempt?.begun) this.#cutOff('client-stalled');
    else this.#refuse('request_timeout', 'client-timeout');
  }

  onShutdown(): void {
    if (this.#attempt?.begun) this.#cutOff('shutdown');
    else this.#refuse('no_node_available', 'shutdown');
  }

  onClientClosed(): void {
    this.#dropAttempt();
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
    const decision = this.#decision;
    const worker = this.#worker;
    if (decision === undefined) return true;
    // A body is used up, and cannot be sent to another.
    const mayAskNext = decision.askNextOn404 && this.body === undefined;
    if (head.status === 404 && mayAskNext && this.#nextAfter(decision) !== undefined) return false;
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

  onAnswered(answer: Answer): void {
    this.bytesOut += answer.bytesOut;
    this.#attempt = undefined;
    this.#end(this.bodyComplete ? 'completed' : 'early-answer', answer.keepsAlive && this.bodyComplete);
  }

  onUpgraded(answer: Answer, connection: NodeConnection, buffer: Buffer, start: number, end: number): void {
    const { client } = this;
    const worker = this.#worker;
    const { index } = connection.node;
    this.#attempt = undefined;
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
    if (this.#decision !== undefined) this.#ownRecord(this.#decision);
    this.client.dropHead();
    connection.dropHead();
  }

  /**
   * A long poll that is held will not be sent again, and so needs no head to send: some 0.4 KB of 8, and with what
   * browsers say of themselves the whole of that. Not done at once, since most answers come soon.
   */
  onHeld(decision: Forward): Forward {
    if (this.#replayable) return decision;
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
    this.#decision = { ...decision, token, reference, rest: '' };
    return this.#decision;
  }

  /** Not the owner: it answered 404, and there are others to ask. */
  onDeclined(): void {
    const decision = this.#decision;
    const next = decision && this.#nextAfter(decision);
    if (decision === undefined || next === undefined) return;
    this.#worker.stats.retried(decision.node.index, 'not-owner');
    this.firstByteMs = -1;
    this.#attempt = undefined;
    this.#try(next);
  }

  /** The one place where a failed attempt becomes another, or a refusal. */
  onFailed(failure: AttemptFailure): void {
    const attempt = this.#attempt;
    const worker = this.#worker;
    if (attempt === undefined) return;
    const { begun, decision } = attempt;
    const { node, strict } = decision;
    this.#attempt = undefined;
    this.bytesOut += attempt.bytesOut;
    if (failure === 'refused' || failure === 'tls' || failure === 'closed') worker.onNodeFailed(node.name);
    if (failure === 'busy') {
      this.#waitOrGoElsewhere(decision);
      return;
    }
    const { again, untouched, reason, code, boundCode, termination } = AFTER[failure];
    if (begun) {
      this.#cutOff(termination === 'node-reset' ? 'node-truncated' : termination);
      return;
    }
    if (untouched) this.#nodes.closeIdle(node.name);
    if (again !== 'nothing' && (untouched || this.#replayable)) {
      const fresh = again === 'fresh';
      if (this.#retry(fresh ? decision : this.#nextAfter(decision), reason, fresh)) return;
    }
    this.#refuse(strict ? boundCode : code, termination);
  }

  /** The node has all the connections it may have: another one's are as good, if any will do; else wait in its queue. */
  #waitOrGoElsewhere(decision: Forward): void {
    const next = this.#nextAfter(decision);
    const [first] = this.#tried ?? [];
    if (next !== undefined) this.#try(next);
    else if (first !== undefined && !decision.strict && !this.#queued) {
      this.#queued = true;
      this.#try({ ...decision, node: first }, { mayQueue: true });
    } else this.#refuse('node_busy', 'node-connect');
  }

  /** Sends the request again, to `next` if there is one and the budget allows; else the attempt under way goes on. */
  #retry(next: Forward | undefined, reason: RetryReason, fresh = false): boolean {
    const worker = this.#worker;
    if (next === undefined || this.#decision === undefined) return false;
    // A connect that failed has cost no node anything, so it costs no budget.
    if (reason !== 'connect' && reason !== 'tls' && !worker.retryBudget.spend()) {
      worker.stats.retriesDenied++;
      return false;
    }
    worker.stats.retried(this.#decision.node.index, reason);
    this.#dropAttempt();
    this.firstByteMs = -1;
    this.#try(next, { fresh });
    return true;
  }

  onNodeDown(node: string): void {
    if (this.#attempt?.decision.node.name === node) this.#attempt.onNodeDown();
  }

  /** What can go elsewhere does not wait for it to go on; what is denied that by the budget may still be answered. */
  onNodeSilent(node: string): void {
    const attempt = this.#attempt;
    if (attempt === undefined || attempt.begun || attempt.decision.node.name !== node) return;
    const { untouched, reason } = AFTER[attempt.ifNodeDies];
    if (untouched || this.#replayable) this.#retry(this.#nextAfter(attempt.decision), reason);
  }

  /** Some node has stopped answering: a request that waits for it, and can go elsewhere, does so, once. */
  onStalls(now: number): void {
    const attempt = this.#attempt;
    if (attempt === undefined || !this.#mayLeaveStalled || !this.#replayable) return;
    const { stalls } = this.#worker;
    if (!waitsInVain(attempt, stalls, now)) return;
    const next = this.#nextAfter(attempt.decision);
    if (next === undefined || stalls.isStalled(next.node.index)) return;
    this.#mayLeaveStalled = false;
    this.#retry(next, 'stalled');
  }

  #nextAfter(decision: Forward): Forward | undefined {
    this.#tried ??= [];
    if (!this.#tried.includes(decision.node)) this.#tried.push(decision.node);
    return this.#worker.router.another(this.#worker.view, decision, this.#tried);
  }

  // The ways it ends.

  #redirect(port: number): void {
    const { keepAlive } = this;
    const { head } = this.client;
    if (head.host === '') this.#refuse('bad_host', 'bad-request');
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
  #refuse(code: RefusalCode, termination: Termination, retryAfter?: number): void {
    if (this.#ended) return;
    this.#dropAttempt();
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
  #cutOff(termination: Termination): void {
    if (this.#ended) return;
    this.#dropAttempt();
    this.#end(termination, false, true);
  }

  #dropAttempt(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    this.bytesOut += attempt.bytesOut;
    attempt.abandon();
  }

  #end(termination: Termination, keepAlive: boolean, abort = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.termination = termination;
    this.durationMs = performance.now() - this.#started;
    this.#worker.stats.inFlight--;
    this.#worker.record(this, this.#decision?.node.index ?? -1);
    this.trace?.ended(this);
    if (abort) this.client.abort();
    else if (!this.tunnel) this.client.release(keepAlive);
  }
}
