/** What the admin listener knows: one table of methods and paths, and who answers them. */
import { nearest } from '../../config/nearest.ts';
import { parseDuration } from '../../config/values.ts';
import { formatFor } from '../observe/accept-metrics.ts';
import { CONTENT_TYPES, type MetricsFormat } from '../observe/exposition.ts';
import { type AdminAnswer, errorAnswer, json } from './admin-answer.ts';
import type { AdminAccess } from './admin-guard.ts';
import type { Caller } from './caller.ts';
import type { Order } from './node-operator.ts';
import type { Readiness } from './readiness.ts';
import type { ReloadOutcome } from './reloader.ts';
import type { NodeStatus, Status } from './status.ts';

const LONGEST_DEADLINE_MS = 7 * 24 * 3_600_000;

/** What the admin listener tells and does. */
export interface AdminSource {
  metrics(format: MetricsFormat): Promise<string>;
  readiness(): Readiness;
  status(): Promise<Status>;
  nodeNames(): readonly string[];
  /** undefined: no such node. */
  node(name: string): Promise<NodeStatus | undefined>;
  /** Whether it will survive a restart of the proxy; undefined: no such node. */
  order(node: string, order: Order, by: Caller): { readonly persisted: boolean } | undefined;
  reload(by: Caller): Promise<ReloadOutcome>;
}

export interface AdminRequest {
  /** What stood in the place of `{…}`; '' where the path has none. */
  readonly name: string;
  readonly query: URLSearchParams;
  /** The header, '' for none. */
  readonly accept: string;
  readonly caller: Caller;
}

export interface AdminRoute {
  /** HEAD is GET without the body. */
  readonly method: 'GET' | 'POST';
  readonly access: AdminAccess;
  /** With at most one segment in braces. */
  readonly path: string;
  readonly answer: (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>;
}

export function adminRoutes(source: AdminSource): readonly AdminRoute[] {
  const node = async (name: string, more: object = {}): Promise<AdminAnswer> => {
    const status = await source.node(name);
    return status === undefined ? unknownNode(name, source.nodeNames()) : json(200, { ...status, ...more });
  };
  const order = ({ name, caller }: AdminRequest, what: Order): Promise<AdminAnswer> | AdminAnswer => {
    const done = source.order(name, what, caller);
    return done === undefined ? unknownNode(name, source.nodeNames()) : node(name, done);
  };
  return [
    { method: 'GET', access: 'none', path: '/live', answer: () => json(200, { live: true }) },
    { method: 'GET', access: 'none', path: '/ready', answer: () => readinessAnswer(source.readiness()) },
    { method: 'GET', access: 'read', path: '/status', answer: async () => json(200, await source.status()) },
    {
      method: 'GET',
      access: 'read',
      path: '/metrics',
      answer: async ({ accept }) => {
        const format = formatFor(accept);
        return { status: 200, contentType: CONTENT_TYPES[format], body: await source.metrics(format) };
      },
    },
    { method: 'GET', access: 'read', path: '/nodes/{name}', answer: ({ name }) => node(name) },
    {
      method: 'POST',
      access: 'operate',
      path: '/nodes/{name}/drain',
      answer: (request) => {
        const deadlineMs = deadlineOf(request.query);
        if (deadlineMs !== 'invalid') return order(request, { kind: 'drain', deadlineMs });
        return errorAnswer(
          400,
          'bad_request',
          'deadline: expected a duration such as 500ms, 2s, 5m or 1h, up to 168h.',
        );
      },
    },
    {
      method: 'POST',
      access: 'operate',
      path: '/nodes/{name}/ready',
      answer: (request) => order(request, { kind: 'ready' }),
    },
    {
      method: 'POST',
      access: 'operate',
      path: '/nodes/{name}/maintenance',
      answer: (request) => order(request, { kind: 'maintenance' }),
    },
    {
      method: 'POST',
      access: 'operate',
      path: '/reload',
      answer: async ({ caller }) => reloadAnswer(await source.reload(caller)),
    },
  ];
}

/** The name in the braces of `pattern`, '' where it has none; undefined for another path. */
export function matchPath(pattern: string, path: string): string | undefined {
  const [before = '', braces] = pattern.split('{', 2);
  if (braces === undefined) return path === pattern ? '' : undefined;
  const after = braces.slice(braces.indexOf('}') + 1);
  if (!path.startsWith(before) || !path.endsWith(after)) return undefined;
  const name = path.slice(before.length, path.length - after.length);
  return name === '' || name.includes('/') ? undefined : decoded(name);
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function deadlineOf(query: URLSearchParams): number | undefined | 'invalid' {
  const text = query.get('deadline');
  if (text === null) return undefined;
  const ms = parseDuration(text);
  return ms === undefined || ms > LONGEST_DEADLINE_MS ? 'invalid' : ms;
}

function unknownNode(name: string, known: readonly string[]): AdminAnswer {
  const meant = nearest(name, known);
  const suggestion = meant === undefined ? '.' : `; did you mean ${meant}?`;
  return errorAnswer(404, 'unknown_node', `No node is named ${JSON.stringify(name)}${suggestion}`);
}

function reloadAnswer(outcome: ReloadOutcome): AdminAnswer {
  switch (outcome.result) {
    case 'invalid': {
      const message = 'The configuration is not valid, and nothing was changed.';
      return json(422, { error: { code: 'invalid_configuration', message, problems: outcome.problems } });
    }
    case 'failed':
      return errorAnswer(409, 'reload_failed', `${outcome.message}; nothing was changed`);
    default:
      return json(200, outcome);
  }
}

function readinessAnswer(readiness: Readiness): AdminAnswer {
  return json(readiness.ready ? 200 : 503, readiness);
}
