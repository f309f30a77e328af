/**
 * The node's REST functions, from a request's head to an answer, without sockets. Their specification is "RESTful
 * Realtime Functions" of Genesys Co-browse; what it leaves open (errors, CORS, headers of health) is decided here.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, refuse } from './answers.ts';
import { type Audience, comesFromAllowedOrigin, corsHeaders, preflightHeaders } from './cors.ts';
import type { AllowedOrigins } from './origins.ts';
import type { SessionService } from './sessions/service.ts';
import { isSessionToken, isUserToken } from './sessions/tokens.ts';

/** Binds a browser to the node that created its session, by the node's name. */
const STICKINESS_COOKIE = 'gcbSessionServer';

/** `draining`: still serves everything, but asks balancers to send nothing new. */
export type ServingState = 'ready' | 'draining';

export interface RestOptions {
  /** Root of the web application, without a trailing slash: `/cobrowse`, or `''`. */
  readonly base: string;
  readonly sessions: SessionService;
  readonly allowedOrigins: AllowedOrigins;
  /** New at each start of the node. */
  readonly instanceId: string;
  readonly state: () => ServingState;
}

/** The head of a request, as `node:http` read it. */
export interface RestRequest {
  readonly method: string;
  /** Request target: origin-form, or absolute-form (RFC 9112 §3.2.2). */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

interface Resource {
  /** Path below the base; one segment may be `{}`, the parameter. */
  readonly path: readonly string[];
  readonly methods: readonly string[];
  readonly audience: Audience;
  readonly answer: (parameter: string) => Promise<Answer>;
}

interface Match {
  readonly resource: Resource;
  readonly parameter: string;
}

export class RestFunctions {
  readonly #options: RestOptions;
  readonly #resources: readonly Resource[];

  constructor(options: RestOptions) {
    this.#options = options;
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
        answer: (sessionToken) => this.#getSession(sessionToken),
      },
      {
        // A GET by its specification, though it changes something: HEAD must not.
        path: ['rest', 'live', 'users', '{}', 'session', 'stop'],
        methods: ['GET'],
        audience: 'everyone',
        answer: (userToken) => this.#stopSession(userToken),
      },
      { path: ['health'], methods: ['GET', 'HEAD'], audience: 'everyone', answer: () => this.#health() },
    ];
  }

  /** Rejects only when the session store fails. */
  async answer(request: RestRequest): Promise<Answer> {
    const match = this.#match(pathOf(request.target));
    if (match === undefined) return refuse('not_found');
    const { audience } = match.resource;
    const cors = corsHeaders(request.headers, audience, this.#options.allowedOrigins);
    const answer = await this.#answerMatch(request, match, 'Access-Control-Allow-Origin' in cors);
    return { ...answer, headers: { ...cors, ...answer.headers } };
  }

  async #answerMatch(
    { method, headers }: RestRequest,
    { resource, parameter }: Match,
    granted: boolean,
  ): Promise<Answer> {
    const allow = { Allow: [...resource.methods, 'OPTIONS'].join(', ') };
    if (method === 'OPTIONS') {
      const preflight = granted ? preflightHeaders(headers, resource.methods) : {};
      return { status: 204, headers: { ...allow, ...preflight } };
    }
    if (!resource.methods.includes(method)) return refuse('method_not_allowed', allow);
    if (resource.audience === 'allowed-origins' && !comesFromAllowedOrigin(headers, this.#options.allowedOrigins)) {
      return refuse('origin_not_allowed');
    }
    return resource.answer(parameter);
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
    const { sessionToken, serverName } = created.session;
    return {
      status: 200,
      headers: { 'Set-Cookie': `${STICKINESS_COOKIE}=${serverName}; Path=/` },
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
      headers: {},
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

  /** The specified answer is an empty body, so a balancer's facts travel in headers. */
  async #health(): Promise<Answer> {
    const state = this.#options.state();
    const { live } = await this.#options.sessions.counts();
    return {
      status: state === 'ready' ? 200 : 503,
      headers: {
        'X-Cobrowse-Instance': this.#options.instanceId,
        'X-Cobrowse-State': state,
        'X-Cobrowse-Live-Sessions': String(live),
      },
    };
  }
}

/** The path of a request target, without authority and query. */
function pathOf(target: string): string {
  const withoutAuthority = target.replace(/^https?:\/\/[^/?#]*/i, '');
  const query = withoutAuthority.indexOf('?');
  return query === -1 ? withoutAuthority : withoutAuthority.slice(0, query);
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
