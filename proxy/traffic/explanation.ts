/** Where a request would go and why: the router's own decision, and what it means in words. Nothing is sent. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { RequestClass } from '../../config/request-classes.ts';
import { nodeOfCookie } from '../affinity/cookie.ts';
import type { DecidedBy, Decision, Forward, Refuse, RoutingRequest, Verdict } from '../affinity/decision.ts';
import type { LookUpResult, OwnerLookUp } from '../affinity/lookup.ts';
import { pathEndOf } from '../affinity/prefix.ts';
import type { Router } from '../affinity/router.ts';
import { ServerUrlIndex } from '../affinity/server-urls.ts';
import { REFUSALS, type RefusalCode } from '../http/refusals.ts';
import { RequestHead } from '../http/request-head.ts';
import { type NodeSnapshot, type NodeState, type PoolView, takesNewSessions } from '../pool/view.ts';
import { CookieRepair } from './cookie-repair.ts';
import { rulesOf } from './listener-rules.ts';

/** Plain JSON; null is "none". */
export interface Explanation {
  /**
   * `refuse`: for the sake of the request or of its node; `deny`: its listener does not serve it; `health`: the proxy
   * answers by itself; `redirect`: to https.
   */
  readonly action: 'forward' | 'refuse' | 'deny' | 'health' | 'redirect';
  readonly class: RequestClass | null;
  readonly by: DecidedBy | null;
  readonly verdict: Verdict | null;
  /** Two sources named different nodes. */
  readonly conflict: boolean;
  /** Where it goes; of one that is refused, the node that it is bound to. */
  readonly node: string | null;
  readonly nodeState: NodeState | null;
  /** No other node is tried. */
  readonly strict: boolean;
  /** What the nodes said when they were asked who owns the session; null when they were not. */
  readonly lookUp: LookUpResult['outcome'] | null;
  readonly refusal: { readonly code: RefusalCode; readonly status: number; readonly message: string } | null;
  /** The status that the proxy itself answers with. */
  readonly status: number | null;
  /** A few sentences for people. Holds no token. */
  readonly why: string;
}

/** What decides; of a worker's own. */
export interface ExplainParts {
  readonly config: ProxyConfig;
  readonly router: Router;
  readonly view: PoolView;
  readonly owners: Pick<OwnerLookUp, 'find'>;
  /** A shutdown is near. */
  readonly leaving: boolean;
}

const NOTHING: Omit<Explanation, 'action' | 'why'> = {
  class: null,
  by: null,
  verdict: null,
  conflict: false,
  node: null,
  nodeState: null,
  strict: false,
  lookUp: null,
  refusal: null,
  status: null,
};

/** `listener`: which of the configured it comes to. May ask the nodes who owns a session, as the request would. */
export async function explain(parts: ExplainParts, request: RoutingRequest, listener = 0): Promise<Explanation> {
  const { config, router, owners, leaving } = parts;
  const own = config.listeners[listener];
  const rules = own && rulesOf(own);
  if (rules !== undefined && rules.redirectPort !== 0) {
    return { ...NOTHING, action: 'redirect', status: 308, why: 'The listener sends every request to https.' };
  }
  const head = new RequestHead(config.limits, config.forwarding.requestIdHeader, false);
  if (head.parse(headOf(request)) === -1) {
    const why = `No node hears of it: ${REFUSALS[head.refusal].message}`;
    return { ...NOTHING, action: 'refuse', ...refusalOf(head.refusal), why };
  }
  let decision = router.decide(parts.view, head, Date.now(), rules?.paths);
  let lookUp: LookUpResult['outcome'] | null = null;
  if (decision.action === 'look-up') {
    const result = await owners.find(parts.view, decision.token);
    lookUp = result.outcome;
    const owner = result.outcome === 'found' ? parts.view.byName.get(result.node) : undefined;
    decision = router.decideOwned(parts.view, head, owner, Date.now());
  }
  return { ...explanationOf(decision, { parts, head, leaving }), lookUp };
}

interface Context {
  readonly parts: ExplainParts;
  readonly head: RoutingRequest;
  readonly leaving: boolean;
}

function explanationOf(decision: Decision, context: Context): Explanation {
  const { class: requestClass } = decision;
  switch (decision.action) {
    case 'look-up':
      throw new Error('a look-up after a look-up');
    case 'health': {
      const healthy = decision.healthy && !context.leaving;
      const why = healthy
        ? 'The proxy answers by itself: a node can take new sessions.'
        : `The proxy answers by itself: ${context.leaving ? 'it is about to end' : 'no node can take new sessions'}.`;
      return { ...NOTHING, action: 'health', class: requestClass, status: healthy ? 200 : 503, why };
    }
    case 'deny': {
      const why = `The listener does not serve it: ${REFUSALS[decision.code].message}`;
      return { ...NOTHING, action: 'deny', class: requestClass, ...refusalOf(decision.code), why };
    }
    case 'refuse': {
      const { by, verdict, conflict, code, node } = decision;
      const { status, message } = REFUSALS[code];
      const why = `${reasonOf(decision, context)} It is refused with ${status} ${code}: ${message}`;
      return {
        ...NOTHING,
        ...{ action: 'refuse', class: requestClass, by, verdict, conflict, why, ...refusalOf(code) },
        ...{ node: node?.name ?? null, nodeState: node?.state ?? null },
      };
    }
    case 'forward': {
      const { by, verdict, conflict, node, strict } = decision;
      const why = `${reasonOf(decision, context)} ${consequenceOf(decision)}`;
      return {
        ...NOTHING,
        ...{ action: 'forward', class: requestClass, by, verdict, conflict, strict, why },
        ...{ node: node.name, nodeState: node.state },
      };
    }
  }
}

function refusalOf(code: RefusalCode): Pick<Explanation, 'refusal' | 'status'> {
  const { status, message } = REFUSALS[code];
  return { refusal: { code, status, message }, status };
}

/** As a client would send it; one that names no host speaks HTTP/1.0. */
function headOf({ method, target, authority, cookie }: RoutingRequest): string {
  const host = authority === '' ? '' : `Host: ${authority}\r\n`;
  const cookies = cookie === '' ? '' : `Cookie: ${cookie}\r\n`;
  const head = `${method} ${target} HTTP/${host === '' ? '1.0' : '1.1'}\r\n${host}${cookies}\r\n`;
  return Buffer.from(head, 'utf8').toString('latin1');
}

const NAMED_BY: Readonly<Record<Exclude<DecidedBy, 'balance'>, string>> = {
  'server-url': 'its host and path are the serverUrl of',
  session: 'its session belongs to',
  user: 'its user token belongs to',
  cookie: 'its cookie names',
};

function reasonOf(decision: Forward | Refuse, context: Context): string {
  const { by, verdict, node, conflict } = decision;
  const { class: requestClass } = decision;
  const kind = `A request of class ${requestClass}`;
  const more = conflict ? ' Another source names another node; this one comes first.' : '';
  if (verdict === 'unknown') return `${kind}: its cookie names no configured node.`;
  if (by === 'balance') return `${kind}: ${unmetWish(context) ?? 'nothing names a node'}.`;
  const bound = verdict === 'bound' || decision.action === 'refuse' ? node : wishedBy(by, context);
  const name = bound === undefined ? 'a node' : `node ${bound.name}`;
  return `${kind}: ${NAMED_BY[by]} ${name}${STANDING[verdict]}.${more}`;
}

const STANDING: Readonly<Record<Exclude<Verdict, 'unknown'>, string>> = {
  bound: '',
  free: '',
  unreachable: ', which is down since less than the reconnect grace',
  lost: ', which is down for longer than the reconnect grace, or was restarted since',
};

/** Nobody but the worker's directory knows the node of a session or a user, and it is not where the request goes. */
function wishedBy(by: DecidedBy, context: Context): NodeSnapshot | undefined {
  return by === 'session' || by === 'user' ? undefined : wishOf(context);
}

/** Named, and not taken: it takes nothing new. */
function unmetWish(context: Context): string | undefined {
  const wish = wishOf(context);
  if (wish === undefined || takesNewSessions(wish)) return undefined;
  const why = wish.state === 'up' ? 'full' : wish.state;
  return `node ${wish.name} is named, but is ${why} and takes nothing new`;
}

function wishOf({ parts, head }: Context): NodeSnapshot | undefined {
  const { view, config } = parts;
  const { authority, target, cookie } = head;
  const named = new ServerUrlIndex(view.nodes).match(authority, target, pathEndOf(target));
  if (named !== undefined) return named.node;
  // A signature of its own, which counts nothing: nobody has sent this cookie.
  const signature = CookieRepair.for(config, () => {})?.signature;
  const wished = nodeOfCookie(cookie, config.affinity.cookie, view.byName, signature);
  return wished === 'unknown' ? undefined : wished;
}

function consequenceOf({ node, verdict, strict, askNextOn404 }: Forward): string {
  if (node.state === 'down') return `No node answers at all: node ${node.name} is tried all the same.`;
  if (askNextOn404) return `Nobody knows the owner: node ${node.name} is asked first, and after a 404 the next.`;
  if (strict) return `It goes to node ${node.name} and no other.`;
  if (verdict === 'bound') return `It goes to node ${node.name}; if that cannot be reached, to another.`;
  return `The balancing policy picks node ${node.name} at the moment.`;
}
