/**
 * The node's REST functions, from a request's head to an answer, without sockets. Their specification is "RESTful
 * Realtime Functions" of Genesys Co-browse; what it leaves open (errors, CORS, headers of health) is decided here.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, type AnswerHeaders, refuse } from './answers.ts';
import { INSTANCE_HEADER, SESSION_HEADER, stickinessCookie } from './binding.ts';
import { type Audience, comesFromAllowedOrigin, corsHeaders, preflightHeaders } from './cors.ts';
import { AddressLimiter } from './limits/address-limiter.ts';
import { clientAddress, LOOPBACK, TrustedProxies } from './limits/client-address.ts';
import type { AllowedOrigins } from './origins.ts';
import { pathOf } from './request-path.ts';
import { durations, isHistoryId } from './sessions/history.ts';
import type { SessionService } from './sessions/service.ts';
import { StoreUnavailable } from './sessions/store.ts';
import { isSessionToken, isUserToken } from './sessions/tokens.ts';

/** Requests for what does not exist, from one address. */
export const MISS_LIMITS = { perMinute: 60, burst: 60 };
/**
 * How long the store may be away before health says so, ms: a restart of it should not empty a cluster of its nodes.
 */
export const STORE_GRACE_MS = 5_000;
/** Seconds; a store tends to come back soon. */
const STORE_RETRY_AFTER = '2';
/** Seconds in which a balancer has noticed that a node drains. */
const DRAIN_RETRY_AFTER = '5';

/** `draining`: serves the sessions that it has, and takes no new ones. */
export type ServingState = 'ready' | 'draining';

export interface RestOptions {
  /** Root of the web application, without a trailing slash: `/cobrowse`, or `''`. */
  readonly base: string;
  readonly sessions: SessionService;
  readonly allowedOrigins: AllowedOrigins;
  /** New at each start of the node. */
  readonly instanceId: string;
  readonly state: () => ServingState;
  /** Whose X-Forwarded-For is believed; those on the same machine by default. */
  readonly trustedProxies?: TrustedProxies;
  /** Counts lookups of what does not exist; `MISS_LIMITS` by default. */
  readonly misses?: AddressLimiter;
  /** `STORE_GRACE_MS` by default. */
  readonly storeGraceMs?: number;
}

/** The head of a request, as `node:http` read it. */
export interface RestRequest {
  readonly method: string;
  /** Request target: origin-form, or absolute-form (RFC 9112 §3.2.2). */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Address of the other end of the connection; undefined once it has closed. */
  readonly peer?: string | undefined;
}

interface Resource {
  /** Path below the base; one segment may be `{}`, the parameter. */
  readonly path: readonly string[];
  readonly methods: readonly string[];
  readonly audience: Audience;
  /** The parameter can be guessed: who guesses wrong too often is refused. */
  readonly guessable?: boolean;
  readonly answer: (parameter: string) => Promise<Answer>;
}

interface Match {
  readonly resource: Resource;
  readonly parameter: string;
}

export class RestFunctions {
  readonly #options: RestOptions;
  readonly #resources: readonly Resource[];
  readonly #trustedProxies: TrustedProxies;
  readonly #misses: AddressLimiter;
  /** Names this process. */
  readonly #instance: AnswerHeaders;

  constructor(options: RestOptions) {
    this.#options = options;
    this.#trustedProxies = options.trustedProxies ?? new TrustedProxies(LOOPBACK);
    this.#misses = options.misses ?? new AddressLimiter(MISS_LIMITS);
    this.#instance = { [INSTANCE_HEADER]: options.instanceId };
    this.#resources = [
      {
        path: ['rest', 'live', 'sessions'],
        methods: ['POST'],
        audience: 'everyone',
        answer: () => this.#createSession(),
      },
      {
        path: ['rest', 'live', 'sessions', '{}'],
        methods: ['GET', 'HEAD'],
        audience: 'allowed-origins',
        guessable: true,
        answer: (sessionToken) => this.#getSession(sessionToken),
      },
      {
        // A GET by its specification, though it changes something: HEAD must not.
        path: ['rest', 'live', 'users', '{}', 'session', 'stop'],
        methods: ['GET'],
        audience: 'everyone',
        guessable: true,
        answer: (userToken) => this.#stopSession(userToken),
      },
      {
        // Names and pages of a customer: for the same audience as the session.
        path: ['rest', 'history', 'sessions', '{}'],
        methods: ['GET', 'HEAD'],
        audience: 'allowed-origins',
        guessable: true,
        answer: (historyId) => this.#getHistory(historyId),
      },
      { path: ['health'], methods: ['GET', 'HEAD'], audience: 'everyone', answer: () => this.#health() },
    ];
  }

  /** Rejects only on errors of the program. */
  async answer(request: RestRequest): Promise<Answer> {
    const match = this.#match(pathOf(request.target));
    if (match === undefined) return refuse('not_found');
    const { audience } = match.resource;
    const cors = corsHeaders(request.headers, audience, this.#options.allowedOrigins);
    const answer = await this.#answerMatch(request, match, 'Access-Control-Allow-Origin' in cors);
    return { ...answer, headers: { ...cors, ...answer.headers } };
  }

  async #answerMatch(request: RestRequest, { resource, parameter }: Match, granted: boolean): Promise<Answer> {
    const { method, headers } = request;
    const allow = { Allow: [...resource.methods, 'OPTIONS'].join(', ') };
    if (method === 'OPTIONS') {
      const preflight = granted ? preflightHeaders(headers, resource.methods) : {};
      return { status: 204, headers: { ...allow, ...preflight } };
    }
    if (!resource.methods.includes(method)) return refuse('method_not_allowed', allow);
    if (resource.audience === 'allowed-origins' && !comesFromAllowedOrigin(headers, this.#options.allowedOrigins)) {
      return refuse('origin_not_allowed');
    }
    try {
      return await (resource.guessable
        ? this.#limitMisses(request, () => resource.answer(parameter))
        : resource.answer(parameter));
    } catch (error) {
      if (error instanceof StoreUnavailable) return refuse('store_unavailable', { 'Retry-After': STORE_RETRY_AFTER });
      throw error;
    }
  }

  /**
   * Session tokens have nine digits, so guessing must be slow. A trusted proxy that asks on its own account is exempt:
   * it looks for the owner of what others ask it for.
   */
  async #limitMisses({ headers, peer }: RestRequest, answer: () => Promise<Answer>): Promise<Answer> {
    const client = clientAddress({ peer, forwardedFor: headers['x-forwarded-for'] }, this.#trustedProxies);
    if (client === undefined) return answer();
    if (!this.#misses.take(client)) {
      return refuse('too_many_attempts', { 'Retry-After': String(this.#misses.retryAfter(client)) });
    }
    let missed = false;
    try {
      const found = await answer();
      missed = found.status === 404;
      return found;
    } finally {
      if (!missed) this.#misses.giveBack(client);
    }
  }

  /** Paths are matched exactly: no decoding, no case folding, no trailing slash. */
  #match(path: string): Match | undefined {
    const { base } = this.#options;
    if (!path.startsWith(`${base}/`)) return undefined;
    const segments = path.slice(base.length + 1).split('/');
    for (const resource of this.#resources) {
      const parameter = matchSegments(resource.path, segments);
      if (parameter !== undefined) return { resource, parameter };
    }
    return undefined;
  }

  async #createSession(): Promise<Answer> {
    const created = await this.#options.sessions.create();
    if (created.outcome === 'no_token') return refuse('no_session_token');
    if (created.outcome === 'draining') return refuse('draining', { 'Retry-After': DRAIN_RETRY_AFTER });
    if (created.outcome === 'too_many_sessions') return refuse('too_many_sessions');
    const { sessionToken, serverName } = created.session;
    return {
      status: 200,
      headers: { 'Set-Cookie': stickinessCookie(serverName), ...this.#instance, [SESSION_HEADER]: sessionToken },
      body: { sessionToken, sessionServerName: serverName },
    };
  }

  async #getSession(sessionToken: string): Promise<Answer> {
    if (!isSessionToken(sessionToken)) return refuse('malformed_token');
    const session = await this.#options.sessions.getLive(sessionToken);
    if (session === undefined) return refuse('session_not_found');
    const { serverName, serverUrl } = session;
    // JSON leaves an undefined URL out.
    return {
      status: 200,
      headers: this.#instance,
      body: { sessionToken, sessionServerName: serverName, sessionServerUrl: serverUrl },
    };
  }

  async #stopSession(userToken: string): Promise<Answer> {
    if (!isUserToken(userToken)) return refuse('malformed_token');
    const stop = await this.#options.sessions.stop(userToken);
    if (stop.outcome !== 'stopped') return refuse(stop.outcome);
    const { activatedAt, deactivatedAt } = stop.session;
    return { status: 200, headers: {}, body: { activationTime: activatedAt, deactivationTime: deactivatedAt } };
  }

  async #getHistory(historyId: string): Promise<Answer> {
    if (!isHistoryId(historyId)) return refuse('malformed_history_id');
    const history = await this.#options.sessions.findHistory(historyId.toLowerCase());
    if (history === undefined) return refuse('history_not_found');
    const lasted = durations(history, Date.now());
    const pages = history.pages.map(({ url, enteredAt }, index) => ({
      url,
      enteredTimestamp: enteredAt,
      duration: lasted[index],
    }));
    const { id, sessionToken, createdAt, activatedAt, deactivatedAt } = history;
    // JSON leaves out the times that have not come yet.
    return {
      status: 200,
      headers: {},
      body: {
        id,
        sessionToken,
        creationTime: createdAt,
        activationTime: activatedAt,
        deactivationTime: deactivatedAt,
        pages,
      },
    };
  }

  /**
   * The specified answer is an empty body, so a balancer's facts travel in headers. A node that has lost its store says
   * `draining` as well, with a reason: it takes no new sessions, but those that it has go on, and a balancer that took
   * it for dead would cut them.
   */
  async #health(): Promise<Answer> {
    const { sessions, storeGraceMs = STORE_GRACE_MS } = this.#options;
    const store = sessions.storeStatus();
    const storeIsAway = store.state === 'unavailable' && store.forMs >= storeGraceMs;
    const state = storeIsAway ? 'draining' : this.#options.state();
    return {
      status: state === 'ready' ? 200 : 503,
      headers: {
        ...this.#instance,
        'X-Cobrowse-State': state,
        ...(storeIsAway ? { 'X-Cobrowse-Reason': 'store_unavailable' } : {}),
        'X-Cobrowse-Live-Sessions': String(sessions.counts().live),
        // As many live sessions as this, and a balancer takes the node for full.
        ...(sessions.maxSessions > 0 ? { 'X-Cobrowse-Capacity': String(sessions.maxSessions) } : {}),
      },
    };
  }
}

/** The parameter, `''` when the template has none; undefined when the segments do not match. */
function matchSegments(template: readonly string[], segments: readonly string[]): string | undefined {
  if (template.length !== segments.length) return undefined;
  let parameter = '';
  for (const [index, expected] of template.entries()) {
    const segment = segments[index] ?? '';
    if (expected !== '{}') {
      if (segment !== expected) return undefined;
    } else {
      if (segment === '') return undefined;
      parameter = segment;
    }
  }
  return parameter;
}
