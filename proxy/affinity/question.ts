/**
 * A request that nobody has sent: what somebody who asks where it would go says of it, made into what a client would
 * send.
 */
import type { ProxyConfig, RouteConfig } from '../../config/proxy-schema.ts';
import type { RoutingRequest } from './decision.ts';

/** All as somebody types it; '' for what is not said. */
export interface Question {
  readonly method: string;
  /** A URL, or a path with its query; `{id}` in it stands for the token. */
  readonly url: string;
  /** A Cookie header, or the name of a node in place of it. */
  readonly cookie: string;
  /** Of a session or a user. */
  readonly token: string;
}

export type QuestionReading =
  | {
      readonly ok: true;
      /** As it would come, not yet checked in any way. */
      readonly request: RoutingRequest;
      /** That the URL names; undefined for none. */
      readonly port: number | undefined;
    }
  | { readonly ok: false; readonly problem: string };

type Routes = Pick<ProxyConfig, 'base' | 'affinity' | 'routes'>;

const ID = '{id}';
const MOST_CHARACTERS = 8192;
/** Would end a line of the head, or be invisible. */
const CONTROL = /\p{Cc}/u;
const WEB_URL = /^(https?):\/\/([^/?#]*)([^#]*)/i;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: ':80', https: ':443' };

/**
 * Without a URL it is what the token is for, a look at its session; without a token either, what the cookie is for, the
 * live channel.
 */
export function readQuestion(question: Question, config: Routes): QuestionReading {
  for (const [name, text] of Object.entries(question)) {
    if (text.length > MOST_CHARACTERS || CONTROL.test(text)) return bad(`${name}: expected one line of text`);
  }
  const { token, cookie } = question;
  const route = question.url === '' ? routeFor(token === '' ? 'live' : 'session', config.routes) : undefined;
  const url = question.url || pathOf(route, config.base);
  if (token !== '' && !url.includes(ID)) return bad(`url: expected ${ID} where the token stands`);
  if (token === '' && url.includes(ID)) return bad(`token: expected what stands for ${ID} in the url`);
  const [, scheme = '', authority = '', rest = ''] = WEB_URL.exec(url) ?? ['', '', '', url];
  if (scheme === '' && !/^[/*]/.test(url)) return bad('url: expected http://…, https://… or a path such as /cobrowse/');
  if (scheme !== '' && authority === '') return bad('url: expected a host');
  const host = withoutDefaultPort(scheme.toLowerCase(), authority);
  return {
    ok: true,
    request: {
      method: question.method || (route?.method ?? 'GET'),
      target: (scheme === '' || rest.startsWith('/') ? rest : `/${rest}`).replaceAll(ID, encodeURIComponent(token)),
      authority: host,
      cookie: cookie === '' || cookie.includes('=') ? cookie : `${config.affinity.cookie}=${cookie}`,
    },
    port: portOf(scheme.toLowerCase(), authority),
  };
}

function bad(problem: string): QuestionReading {
  return { ok: false, problem };
}

function routeFor(requestClass: 'live' | 'session', routes: readonly RouteConfig[]): RouteConfig | undefined {
  return routes.find(
    ({ class: other, path }) => other === requestClass && path.includes(ID) === (requestClass === 'session'),
  );
}

function pathOf(route: RouteConfig | undefined, base: string): string {
  return route === undefined ? `${base}/` : `${base}${route.path.replace(/\/\*\*$/, '')}`;
}

/** As browsers do: it is not in a Host header. */
function withoutDefaultPort(scheme: string, authority: string): string {
  const port = DEFAULT_PORTS[scheme];
  return port !== undefined && authority.endsWith(port) ? authority.slice(0, -port.length) : authority;
}

function portOf(scheme: string, authority: string): number | undefined {
  const port = /:(\d{1,5})$/.exec(authority)?.[1] ?? DEFAULT_PORTS[scheme]?.slice(1);
  return port === undefined ? undefined : Number(port);
}
