/**
 * The attempts of one exchange, one after the other: which node is asked, and whether one that fails becomes another.
 * Where nothing is left to try, the exchange is told to refuse, or to cut its answer off.
 */
import type { Forward } from '../affinity/decision.ts';
import type { RefusalCode } from '../http/refusals.ts';
import type { RetryReason } from '../observe/labels.ts';
import type { Termination } from '../observe/record.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import { Attempt, type AttemptFailure, type AttemptOwner } from './attempt.ts';
import type { NodeConnections } from './node-connections.ts';
import { AFTER, isReplayable, waitsInVain } from './retry.ts';
import type { WorkerContext } from './worker-context.ts';

export interface AttemptsOwner extends AttemptOwner {
  readonly method: string;
  bytesOut: number;
  /** A node is about to be asked, the first one or another. */
  onAttempt(decision: Forward): void;
  refuse(code: RefusalCode, termination: Termination): void;
  cutOff(termination: Termination): void;
}

export class Attempts {
  readonly #worker: WorkerContext;
  readonly #nodes: NodeConnections;
  readonly #owner: AttemptsOwner;
  #decision: Forward | undefined;
  #current: Attempt | undefined;
  #count = 0;
  #tried: NodeSnapshot[] | undefined;
  /** Waits, or has waited, in a busy node's queue. */
  #queued = false;
  /** Once: or a slow request would run on every node, and ask the budget at every sweep. */
  #mayLeaveStalled = true;

  constructor(worker: WorkerContext, nodes: NodeConnections, owner: AttemptsOwner) {
    this.#worker = worker;
    this.#nodes = nodes;
    this.#owner = owner;
  }

  get count(): number {
    return this.#count;
  }

  /** Of the attempt under way or, when it is over, of the last one. */
  get decision(): Forward | undefined {
    return this.#decision;
  }

  /** See `Attempt.begun`; false when none is under way. */
  get begun(): boolean {
    return this.#current?.begun ?? false;
  }

  get replayable(): boolean {
    return isReplayable(this.#owner.method, this.#owner.body !== undefined);
  }

  /** There is another node to ask when this one does not know. A body is used up, and cannot be sent to another. */
  get mayAskNext(): boolean {
    const decision = this.#decision;
    if (decision === undefined || !decision.askNextOn404 || this.#owner.body !== undefined) return false;
    return this.#nextAfter(decision) !== undefined;
  }

  /** `now`: ms of the monotonic clock. */
  start(decision: Forward, now: number): void {
    this.#try(decision, false, decision.strict, now);
  }

  onBodyProgress(): void {
    this.#current?.onBodyProgress();
  }

  onClientDrain(): void {
    this.#current?.onClientDrain();
  }

  /** The answer of the one under way is the exchange's. */
  onAnswered(): void {
    this.#current = undefined;
  }

  /** The same decision, as it is to be kept for long. */
  keep(decision: Forward): void {
    this.#decision = decision;
  }

  /** Gives up the one under way, if any. */
  drop(): void {
    const attempt = this.#current;
    if (attempt === undefined) return;
    this.#current = undefined;
    this.#owner.bytesOut += attempt.bytesOut;
    attempt.abandon();
  }

  /** Not the owner: it answered 404, and there are others to ask. */
  onDeclined(): void {
    const decision = this.#decision;
    const next = decision && this.#nextAfter(decision);
    if (decision === undefined || next === undefined) return;
    this.#worker.stats.retried(decision.node.index, 'not-owner');
    this.#current = undefined;
    this.#try(next, false, next.strict);
  }

  /** The one place where a failed attempt becomes another, or a refusal. */
  onFailed(failure: AttemptFailure): void {
    const attempt = this.#current;
    const owner = this.#owner;
    if (attempt === undefined) return;
    const { begun, decision } = attempt;
    const { node, strict } = decision;
    this.#current = undefined;
    owner.bytesOut += attempt.bytesOut;
    if (failure === 'refused' || failure === 'tls' || failure === 'closed') this.#worker.onNodeFailed(node.name);
    if (failure === 'busy') {
      this.#waitOrGoElsewhere(decision);
      return;
    }
    const { again, untouched, reason, code, boundCode, termination } = AFTER[failure];
    if (begun) {
      owner.cutOff(termination === 'node-reset' ? 'node-truncated' : termination);
      return;
    }
    if (untouched) this.#nodes.closeIdle(node.name);
    if (again !== 'nothing' && (untouched || this.replayable)) {
      const fresh = again === 'fresh';
      if (this.#retry(fresh ? decision : this.#nextAfter(decision), reason, fresh)) return;
    }
    owner.refuse(strict ? boundCode : code, termination);
  }

  onNodeDown(node: string): void {
    if (this.#current?.decision.node.name === node) this.#current.onNodeDown();
  }

  /** What can go elsewhere does not wait for it to go on; what is denied that by the budget may still be answered. */
  onNodeSilent(node: string): void {
    const attempt = this.#current;
    if (attempt === undefined || attempt.begun || attempt.decision.node.name !== node) return;
    const { untouched, reason } = AFTER[attempt.ifNodeDies];
    if (untouched || this.replayable) this.#retry(this.#nextAfter(attempt.decision), reason);
  }

  /** Some node has stopped answering: a request that waits for it, and can go elsewhere, does so, once. */
  onStalls(now: number): void {
    const attempt = this.#current;
    if (attempt === undefined || !this.#mayLeaveStalled || !this.replayable) return;
    const { stalls } = this.#worker;
    if (!waitsInVain(attempt, stalls, now)) return;
    const next = this.#nextAfter(attempt.decision);
    if (next === undefined || stalls.isStalled(next.node.index)) return;
    this.#mayLeaveStalled = false;
    this.#retry(next, 'stalled');
  }

  /** See `AttemptOptions`. */
  #try(decision: Forward, fresh: boolean, mayQueue: boolean, now = performance.now()): void {
    this.#decision = decision;
    this.#count++;
    this.#owner.onAttempt(decision);
    if (decision.class === 'create' && !fresh) this.#worker.load.assign(decision.node);
    const attempt = new Attempt(this.#worker, this.#nodes, this.#owner, decision);
    this.#current = attempt;
    attempt.start({ replayable: this.replayable, fresh, mayQueue, now });
  }

  /**
   * The node has all the connections it may have: another one's are as good, if any will do; else wait in its queue.
   */
  #waitOrGoElsewhere(decision: Forward): void {
    const next = this.#nextAfter(decision);
    const [first] = this.#tried ?? [];
    if (next !== undefined) this.#try(next, false, next.strict);
    else if (first !== undefined && !decision.strict && !this.#queued) {
      this.#queued = true;
      this.#try({ ...decision, node: first }, false, true);
    } else this.#owner.refuse('node_busy', 'node-connect');
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
    this.drop();
    this.#try(next, fresh, next.strict);
    return true;
  }

  #nextAfter(decision: Forward): Forward | undefined {
    this.#tried ??= [];
    if (!this.#tried.includes(decision.node)) this.#tried.push(decision.node);
    return this.#worker.router.another(this.#worker.view, decision, this.#tried);
  }
}
