/**
 * Asks the nodes who owns a session, so that a worker or replica that has seen nothing finds it without shared storage.
 *
 * One request becomes one to every node, so it is an amplification vector. It is bounded by the shape of the token, by
 * one look-up at a time for each token, by the directory's hits and misses, and by a rate for all.
 */
import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { ProxyConfig, RouteConfig } from '../../config/proxy-schema.ts';
import { type NodeSnapshot, type PoolView, takesBoundRequests } from '../pool/view.ts';
import type { NodesTls } from '../tls/nodes-tls.ts';
import { connectTo } from '../tls/undici-connector.ts';
import type { SessionDirectory } from './directory.ts';
import { parseSessionAnswer } from './session-answer.ts';
import { isTokenShaped } from './token.ts';
import { TokenBucket } from './token-bucket.ts';

/** An answer is some 150 bytes. */
const MOST_ANSWER_BYTES = 64 * 1024;
/** Connections to one node; more look-ups than this wait for each other. */
const MOST_CONNECTIONS = 8;

/**
 * - `found`: `node` is the name of a configured node.
 * - `unknown`: every node that could be asked answered, and none knows the session.
 * - `limited`: too many look-ups; balance.
 * - `failed`: nobody named an owner in time, and not every node answered; balance.
 */
export type LookUpResult =
  | { readonly outcome: 'found'; readonly node: string }
  | { readonly outcome: 'unknown' | 'limited' | 'failed' };

/** - `disowned`: the node does not know the session, or names an owner that is not configured. */
type NodeAnswer = { readonly owner: NodeSnapshot } | 'disowned' | 'no-answer';

export interface OwnerLookUpOptions {
  /** Called for each answer that names an owner that is not configured: a pool that lacks a node, most likely. */
  onForeignOwner?(): void;
  /** Of the nodes with an https url. */
  readonly tls?: NodesTls;
}

export class OwnerLookUp {
  readonly #directory: SessionDirectory;
  readonly #timeout: number;
  readonly #origin: string;
  readonly #path: SessionPath | undefined;
  readonly #bucket: TokenBucket;
  readonly #options: OwnerLookUpOptions;
  readonly #running = new Map<string, Promise<LookUpResult>>();
  #closed = false;
  readonly #agent: Agent;

  constructor(
    { affinity, routes }: Pick<ProxyConfig, 'affinity' | 'routes'>,
    directory: SessionDirectory,
    options: OwnerLookUpOptions = {},
  ) {
    const { timeout, origin, perSecond } = affinity.lookup;
    this.#directory = directory;
    this.#timeout = timeout;
    this.#origin = origin;
    this.#path = sessionPath(routes);
    this.#bucket = new TokenBucket(perSecond, performance.now());
    this.#options = options;
    const plainly = buildConnector({ timeout });
    const connect: buildConnector.connector = (to, done) => {
      const tls = to.protocol === 'https:' ? options.tls?.at(to.host ?? '') : undefined;
      if (tls !== undefined) connectTo(tls, { timeout }, done);
      else if (to.protocol === 'http:') plainly(to, done);
      else done(new Error('a node that a reload has taken away'), null);
    };
    // One deadline for each look-up rules; undici's own timers may be half a second late.
    this.#agent = new Agent({ connections: MOST_CONNECTIONS, connect, headersTimeout: 0, bodyTimeout: 0 });
  }

  /** Notes in the directory what it finds. Never rejects. */
  find(view: PoolView, token: string): Promise<LookUpResult> {
    const running = this.#running.get(token);
    if (running !== undefined) return running;
    const found = this.#find(view, token).finally(() => this.#running.delete(token));
    this.#running.set(token, found);
    return found;
  }

  /** Begins no more; resolves when those under way have ended. Never rejects. */
  async finish(): Promise<void> {
    this.#closed = true;
    await this.#agent.close();
  }

  /** Breaks off those under way: they fail. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#agent.destroy();
  }

  async #find(view: PoolView, token: string): Promise<LookUpResult> {
    if (this.#path === undefined || !isTokenShaped(token)) return { outcome: 'unknown' };
    const known = this.#directory.ownerOfSession(view, token);
    if (known.kind === 'owner') return { outcome: 'found', node: known.node.name };
    if (known.kind === 'missed') return { outcome: 'unknown' };
    const nodes = view.nodes.filter(takesBoundRequests);
    if (nodes.length === 0 || this.#closed) return { outcome: 'failed' };
    if (!this.#bucket.take(performance.now())) return { outcome: 'limited' };

    const answer = await this.#askAll(view, nodes, this.#path, token);
    if (answer === 'no-answer') return { outcome: 'failed' };
    if (answer === 'disowned') {
      this.#directory.noteMiss(token);
      return { outcome: 'unknown' };
    }
    this.#directory.learnSession(view, token, answer.owner, 'look-up');
    return { outcome: 'found', node: answer.owner.name };
  }

  /**
   * The first owner that is named decides: with a store shared by the nodes any of them may name it. The slower nodes
   * still have until the deadline, since breaking off would cost their connections.
   */
  #askAll(view: PoolView, nodes: readonly NodeSnapshot[], path: SessionPath, token: string): Promise<NodeAnswer> {
    const deadline = new AbortController();
    setMaxListeners(0, deadline.signal); // one for each node is no leak
    const timer = setTimeout(() => deadline.abort(), this.#timeout);
    let waiting = nodes.length;
    let allAnswered = true;
    return new Promise((resolve) => {
      const note = (answer: NodeAnswer): void => {
        waiting--;
        if (answer === 'no-answer') allAnswered = false;
        if (typeof answer === 'object') resolve(answer);
        if (waiting > 0) return;
        clearTimeout(timer);
        resolve(allAnswered ? 'disowned' : 'no-answer');
      };
      for (const node of nodes) this.#ask(view, node, path, token, deadline.signal).then(note);
    });
  }

  async #ask(
    view: PoolView,
    node: NodeSnapshot,
    path: SessionPath,
    token: string,
    signal: AbortSignal,
  ): Promise<NodeAnswer> {
    try {
      const { statusCode, body } = await this.#agent.request({
        origin: `${node.scheme}://${node.authority}`,
        method: 'GET',
        path: node.base + path.before + token + path.after,
        headers: { accept: 'application/json', origin: this.#origin, 'user-agent': 'cobrowse-proxy-lookup' },
        signal,
      });
      if (statusCode !== 200) {
        await body.dump({ limit: MOST_ANSWER_BYTES });
        return saysNothing(statusCode) ? 'no-answer' : 'disowned';
      }
      const answer = parseSessionAnswer(await readCapped(body));
      if (answer?.sessionToken !== token) return 'disowned';
      const owner = view.byName.get(answer.sessionServerName);
      if (owner !== undefined) return { owner };
      // The node that answered is not taken for the owner in its place: it has just said that it is not.
      this.#options.onForeignOwner?.();
      return 'disowned';
    } catch {
      return 'no-answer';
    }
  }
}

/** The node is in trouble or refuses to say (a foreign `Origin`, say), so that it may still own the session. */
function saysNothing(status: number): boolean {
  return status >= 500 || status === 401 || status === 403 || status === 429;
}

/** The body as text; '' when it is longer than any answer. */
async function readCapped(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The path below a node's base, around the token. */
interface SessionPath {
  readonly before: string;
  readonly after: string;
}

/** Undefined when no route tells how to ask for one session by its id. */
function sessionPath(routes: readonly RouteConfig[]): SessionPath | undefined {
  for (const { class: requestClass, method = 'GET', path } of routes) {
    if (requestClass !== 'session' || method !== 'GET') continue;
    const [before, after, ...more] = path.replace(/\/\*\*$/, '').split('{id}');
    if (before !== undefined && after !== undefined && more.length === 0) return { before, after };
  }
  return undefined;
}
