/**
 * Where a request goes, by five sources in this order: a node's own URL, the session id in the path, the user token in
 * the path, the cookie, and the balancing policy when nothing names a node.
 *
 * | bound node is                                     | create, session, any  | user, live         |
 * |---------------------------------------------------|-----------------------|--------------------|
 * | up                                                | it                    | it                 |
 * | draining                                          | another (session: it) | it                 |
 * | unreachable, within `reconnectGrace`              | another               | `node_unreachable` |
 * | lost: for longer, or back as another instance     | another               | `session_lost`     |
 * | not configured                                    | balance               | balance            |
 *
 * Where the table leaves a choice:
 * - `session_lost` is told only while some node takes new sessions, since its client creates one at once; until then it
 *   is `node_unreachable`.
 * - A cookie that wishes for a full node does not get a new session there; a node's own URL does.
 * - A wish that a draining or full node cannot take is decided by `balance` and `free`: nothing binds it.
 * - When no node takes new sessions, `create` and a first handshake of `live` are refused; what any answering node can
 *   serve (`session`, `any`, and a `user` request whose owner is sought) still goes to a draining or full one. When no
 *   node answers at all, what is not refused for its own node's sake is refused with `no_node_available`.
 * - `health` through a node's own URL is that node's answer, or `node_unreachable`: another's would be a lie.
 *
 * That a node came back as another instance is known by the directory, for sessions and users, and for a cookie by its
 * companion (`companion.ts`), where the client has one for that node.
 */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { RequestClass } from '../../config/request-classes.ts';
import type { Balancer } from '../pool/balance.ts';
import type { LoadTable } from '../pool/load.ts';
import type { Policy } from '../pool/policy.ts';
import type { StallDetector } from '../pool/stalls.ts';
import { type NodeSnapshot, type PoolView, takesBoundRequests, takesNewSessions } from '../pool/view.ts';
import { decidedBy, disagrees, needsItsNode, standingOf, takesNamed } from './binding.ts';
import { companionFor, companionName, isOfGoneInstance } from './companion.ts';
import { nodeOfCookie } from './cookie.ts';
import type { CookieSignature } from './cookie-signature.ts';
import type { AnswerHealth, Decision, Forward, RoutingRequest, Verdict } from './decision.ts';
import { ABSENT, MISSED, type Ownership, type SessionDirectory } from './directory.ts';
import type { PathRules } from './path-rules.ts';
import { pathEndOf, prefixEnd } from './prefix.ts';
import { NO_ROUTE, type RouteMatch, RouteTable } from './routes.ts';
import { ServerUrlIndex } from './server-urls.ts';
import { isTokenShaped } from './token.ts';

const HEALTHY: AnswerHealth = { action: 'health', class: 'health', healthy: true };
const UNHEALTHY: AnswerHealth = { action: 'health', class: 'health', healthy: false };

export interface RouterParts {
  readonly config: Pick<ProxyConfig, 'base' | 'affinity' | 'routes' | 'allDown'>;
  readonly directory: SessionDirectory;
  readonly load: LoadTable;
  readonly balancer: Balancer;
  /** Nodes that have stopped answering are avoided while there are others. */
  readonly stalls: StallDetector;
  /** undefined where cookies are not signed. */
  readonly signature?: CookieSignature | undefined;
}

export class Router {
  readonly #base: string;
  readonly #cookie: string;
  readonly #companion: string;
  readonly #reconnectGrace: number;
  readonly #routes: RouteTable;
  readonly #directory: SessionDirectory;
  readonly #load: LoadTable;
  readonly #balancer: Balancer;
  readonly #stalls: StallDetector;
  readonly #signature: CookieSignature | undefined;
  readonly #triesAnyway: boolean;
  #serverUrls = new ServerUrlIndex([]);
  #indexed: PoolView | undefined;

  constructor({ config, directory, load, balancer, stalls, signature }: RouterParts) {
    this.#base = config.base;
    this.#cookie = config.affinity.cookie;
    this.#companion = companionName(config.affinity.cookie);
    this.#reconnectGrace = config.affinity.reconnectGrace;
    this.#routes = new RouteTable(config.routes);
    this.#directory = directory;
    this.#load = load;
    this.#balancer = balancer;
    this.#stalls = stalls;
    this.#signature = signature;
    this.#triesAnyway = config.allDown === 'try-anyway';
  }

  /**
   * Decides on what is known here; a `look-up` asks the caller to find the owner and then call `decideOwned`. Changes
   * no load: the caller counts what it sends.
   *
   * @param now ms since the epoch
   * @param rules of the listener that the request came to, undefined for none
   */
  decide(view: PoolView, request: RoutingRequest, now: number, rules?: PathRules): Decision {
    return this.#decide(view, request, undefined, now, rules);
  }

  /**
   * Decides after a look-up; never a `look-up` again. `owner` undefined: no node knows the session, or none was asked.
   */
  decideOwned(view: PoolView, request: RoutingRequest, owner: NodeSnapshot | undefined, now: number): Decision {
    const node = owner && view.byName.get(owner.name);
    const owned: Ownership = node === undefined ? MISSED : { kind: 'owner', node, lost: false };
    return this.#decide(view, request, owned, now, undefined);
  }

  /**
   * The next node for a request that `decision.node` could not take (or, with `askNextOn404`, does not own); undefined
   * when there is none or no other will do.
   *
   * @param tried every node tried so far, `decision.node` among them
   */
  another(view: PoolView, decision: Forward, tried: readonly NodeSnapshot[]): Forward | undefined {
    if (decision.strict) return undefined;
    const node = this.#pick(view, decision.class, tried);
    if (node === undefined) return undefined;
    return { ...decision, node, verdict: decision.verdict === 'bound' ? 'unreachable' : decision.verdict };
  }

  // Runs for every request: index arithmetic, and no allocation but the decision and the strings in it.
  #decide(
    view: PoolView,
    request: RoutingRequest,
    asked: Ownership | undefined,
    now: number,
    rules: PathRules | undefined,
  ): Decision {
    const { target } = request;
    const pathEnd = pathEndOf(target);
    const named = this.#serverUrlsOf(view).match(request.authority, target, pathEnd);
    const start = named === undefined ? prefixEnd(this.#base, target, pathEnd) : named.prefix.length;
    const underBase = start !== -1;
    const code = rules?.refuse(request.method, target, start, pathEnd);
    if (code !== undefined) return { action: 'deny', class: 'any', code };
    const route = underBase ? this.#routes.classify(request.method, target, start, pathEnd) : NO_ROUTE;
    const requestClass = route.class;
    if (requestClass === 'health' && named === undefined) {
      return view.nodes.some(takesNewSessions) ? HEALTHY : UNHEALTHY;
    }
    const owner = asked ?? this.#ownerOf(view, route);
    if (named === undefined && requestClass === 'session' && owner.kind === 'absent') {
      if (isTokenShaped(route.token) && view.nodes.some(takesBoundRequests)) {
        return { action: 'look-up', class: requestClass, token: route.token };
      }
    }

    const cookie = nodeOfCookie(request.cookie, this.#cookie, view.byName, this.#signature);
    const wished = cookie === 'unknown' ? undefined : cookie;
    const owning = owner.kind === 'owner' ? owner.node : undefined;
    const bound = named?.node ?? owning ?? wished;
    const conflict = disagrees(bound, owning) || disagrees(bound, wished);
    let by = decidedBy(requestClass, named?.node, owning, cookie);
    let verdict: Verdict = cookie === 'unknown' ? 'unknown' : 'free';
    let reference = '';
    if (bound !== undefined) {
      let restarted = owner.kind === 'owner' && owner.lost && owner.node === bound;
      const companion = by === 'cookie' ? companionFor(bound, request.cookie, this.#companion) : undefined;
      if (companion !== undefined) {
        restarted = isOfGoneInstance(companion, bound);
        if (needsItsNode(requestClass)) reference = companion.session;
      }
      verdict = restarted ? 'lost' : standingOf(bound, this.#reconnectGrace, now);
    }
    const anyway = this.#triesAnyway && !view.nodes.some(takesBoundRequests);
    if ((verdict === 'unreachable' || verdict === 'lost') && needsItsNode(requestClass) && !anyway) {
      const code = verdict === 'lost' && mayStartAnew(view, requestClass) ? 'session_lost' : 'node_unreachable';
      return { action: 'refuse', class: requestClass, by, verdict, conflict, reference, code, node: bound };
    }

    let node: NodeSnapshot | undefined;
    if (bound !== undefined && anyway) {
      node = bound;
    } else if (bound === undefined || verdict !== 'bound') {
      node = this.#pick(view, requestClass, undefined);
    } else if (takesNamed(bound, requestClass, by)) {
      node = bound;
    } else {
      // The wish cannot be met: nothing binds the request then.
      node = this.#taker(view, requestClass, undefined);
      if (node !== undefined) {
        by = 'balance';
        verdict = 'free';
      } else if (requestClass === 'any') {
        node = bound;
      }
    }
    if (node === undefined) {
      const code = 'no_node_available';
      return { action: 'refuse', class: requestClass, by, verdict, conflict, reference, code, node: bound };
    }
    return {
      action: 'forward',
      class: requestClass,
      by,
      verdict,
      conflict,
      reference,
      node,
      strict: node === bound && (by === 'server-url' || needsItsNode(requestClass)),
      askNextOn404: requestClass === 'user' && verdict !== 'bound',
      token: route.token,
      rest: start > 0 ? target.substring(start) : target,
      underBase,
    };
  }

  #ownerOf(view: PoolView, { class: requestClass, token }: RouteMatch): Ownership {
    if (token === '') return ABSENT;
    if (requestClass === 'session') return this.#directory.ownerOfSession(view, token);
    if (requestClass === 'user') return this.#directory.ownerOfUser(view, token);
    return ABSENT;
  }

  /** A node that takes new sessions. */
  #taker(
    view: PoolView,
    requestClass: RequestClass,
    tried: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    const { create, other } = this.#balancer;
    return this.#select(requestClass === 'create' ? create : other, view, tried);
  }

  /** A node for a request that nothing binds, or that its own node cannot take. */
  #pick(
    view: PoolView,
    requestClass: RequestClass,
    tried: readonly NodeSnapshot[] | undefined,
  ): NodeSnapshot | undefined {
    const { lastResort, anyway } = this.#balancer;
    // The owner that is sought may as well be a draining node.
    let node = requestClass === 'user' ? undefined : this.#taker(view, requestClass, tried);
    if (node === undefined && requestClass !== 'create' && requestClass !== 'live') {
      node = this.#select(lastResort, view, tried);
    }
    if (node === undefined && this.#triesAnyway && !view.nodes.some(takesBoundRequests)) {
      node = anyway.select(view.nodes, this.#load, tried);
    }
    return node;
  }

  #select(policy: Policy, view: PoolView, tried: readonly NodeSnapshot[] | undefined): NodeSnapshot | undefined {
    if (this.#stalls.any) {
      const stalled = view.nodes.filter((node) => this.#stalls.isStalled(node.index));
      const node = policy.select(view.nodes, this.#load, tried === undefined ? stalled : [...tried, ...stalled]);
      if (node !== undefined) return node;
    }
    return policy.select(view.nodes, this.#load, tried);
  }

  #serverUrlsOf(view: PoolView): ServerUrlIndex {
    if (this.#indexed !== view) {
      this.#serverUrls = new ServerUrlIndex(view.nodes);
      this.#indexed = view;
    }
    return this.#serverUrls;
  }
}

/** Whoever is told that its session is lost creates the next one at once, and must not fail with it. */
function mayStartAnew(view: PoolView, requestClass: RequestClass): boolean {
  return requestClass !== 'health' && view.nodes.some(takesNewSessions);
}
