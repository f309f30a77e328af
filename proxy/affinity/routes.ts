/** Which class a request belongs to, by method and path below the web application's base. */
import type { RouteConfig } from '../../config/proxy-schema.ts';
import type { RequestClass } from '../../config/request-classes.ts';
import { compilePattern, matchPattern, type PathPattern } from './path-pattern.ts';

export interface RouteMatch {
  readonly class: RequestClass;
  /** What stands for the first `{id}` of the route; '' when it has none. */
  readonly token: string;
}

/** What no route matches. */
export const NO_ROUTE: RouteMatch = { class: 'any', token: '' };

interface Route {
  readonly method: string | undefined;
  readonly pattern: PathPattern;
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
      const token = matchPattern(route.pattern, text, start, end);
      if (token !== undefined) return token === '' ? route.match : { class: route.match.class, token };
    }
    return NO_ROUTE;
  }
}

function compile({ class: requestClass, method, path }: RouteConfig): Route {
  return { method, pattern: compilePattern(path), match: { class: requestClass, token: '' } };
}

/** HEAD is GET without the body, but only a health check is asked that way in earnest; nothing else asks for health. */
function takesMethod(route: Route, method: string): boolean {
  if (route.match.class !== 'health') return route.method === undefined || route.method === method;
  if (method === 'GET') return route.method === undefined || route.method === 'GET';
  return method === 'HEAD' && (route.method === undefined || route.method === 'HEAD' || route.method === 'GET');
}
