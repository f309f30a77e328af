/** Which class a request belongs to, by method and path below the web application's base. */
import type { RouteConfig } from '../../config/proxy-schema.ts';
import type { RequestClass } from '../../config/request-classes.ts';

export interface RouteMatch {
  readonly class: RequestClass;
  /** What stands for the first `{id}` of the route; '' when it has none. */
  readonly token: string;
}

/** What no route matches. */
export const NO_ROUTE: RouteMatch = { class: 'any', token: '' };

const SLASH = 0x2f;
const ID = '{id}';
const BELOW = '/**';

interface Route {
  readonly method: string | undefined;
  /** Undefined stands for `{id}`: any one segment that is not empty. */
  readonly segments: readonly (string | undefined)[];
  readonly below: boolean;
  /** The answer for a route without `{id}`, made once. */
  readonly match: RouteMatch;
}

/** The first route that matches decides, in the order of the configuration. */
export class RouteTable {
  readonly #routes: readonly Route[];

  constructor(routes: readonly RouteConfig[]) {
    this.#routes = routes.map(compile);
  }

  /** Classifies `text` from `start` to `end`: the path below the base, `''` or with a leading slash, without query. */
  classify(method: string, text: string, start: number, end: number): RouteMatch {
    for (const route of this.#routes) {
      if (!takesMethod(route, method)) continue;
      const match = matchPath(route, text, start, end);
      if (match !== undefined) return match;
    }
    return NO_ROUTE;
  }
}

function compile({ class: requestClass, method, path }: RouteConfig): Route {
  const below = path.endsWith(BELOW);
  const names = (below ? path.slice(0, -BELOW.length) : path).slice(1).split('/');
  return {
    method,
    segments: names.map((name) => (name === ID ? undefined : name)),
    below,
    match: { class: requestClass, token: '' },
  };
}

/** HEAD is GET without the body, but only a health check is asked that way in earnest; nothing else asks for health. */
function takesMethod(route: Route, method: string): boolean {
  if (route.match.class !== 'health') return route.method === undefined || route.method === method;
  if (method === 'GET') return route.method === undefined || route.method === 'GET';
  return method === 'HEAD' && (route.method === undefined || route.method === 'HEAD' || route.method === 'GET');
}

function matchPath(route: Route, text: string, start: number, end: number): RouteMatch | undefined {
  let at = start;
  let tokenStart = -1;
  let tokenEnd = -1;
  for (const segment of route.segments) {
    if (at >= end || text.charCodeAt(at) !== SLASH) return undefined;
    at++;
    if (segment === undefined) {
      let stop = text.indexOf('/', at);
      if (stop === -1 || stop > end) stop = end;
      if (stop === at) return undefined;
      if (tokenStart === -1) {
        tokenStart = at;
        tokenEnd = stop;
      }
      at = stop;
    } else {
      if (!text.startsWith(segment, at)) return undefined;
      at += segment.length;
    }
  }
  // At a segment's end or not at all: `/cometd/**` takes `/cometd` and `/cometd/x`, not `/cometdx`.
  if (at !== end && !(route.below && at < end && text.charCodeAt(at) === SLASH)) return undefined;
  if (tokenStart === -1) return route.match;
  return { class: route.match.class, token: text.substring(tokenStart, tokenEnd) };
}
