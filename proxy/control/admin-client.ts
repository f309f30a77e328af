/** The admin listener from the other side: what the commands ask of a running proxy. */
import { Client } from 'undici';
import { z } from 'zod';
import { describeError } from './describe-error.ts';

const TIMEOUT_MS = 10_000;

const address = z.object({ host: z.string(), port: z.number() });
const node = z.object({
  name: z.string(),
  state: z.string(),
  sessions: z.number().nullable(),
  operator: z.discriminatedUnion('state', [
    z.object({ state: z.literal('ready') }),
    z.object({
      state: z.enum(['draining', 'maintenance']),
      deadline: z.string().nullable(),
      remaining: z.number(),
      drained: z.boolean(),
    }),
  ]),
});
/** `persisted`: of an order only. */
const nodeAnswer = node.omit({ name: true }).extend({ persisted: z.boolean().optional() });
const shownNode = node.extend({
  since: z.string(),
  capacity: z.number().nullable(),
  connections: z.number(),
  tunnels: z.number(),
  requests: z.number(),
  ejected: z.string().nullable(),
  tlsFailure: z.string().nullable(),
  // Defaults are for proxies of before discovery, which newer commands ask while they are upgraded.
  withdrawn: z.string().nullable().default(null),
});
const statusAnswer = z.object({
  version: z.string(),
  pid: z.number(),
  uptimeSeconds: z.number(),
  readiness: z.discriminatedUnion('ready', [
    z.object({ ready: z.literal(true) }),
    z.object({ ready: z.literal(false), reason: z.string() }),
  ]),
  listeners: z.array(address),
  workers: z.array(z.object({ listeningSince: z.string().nullable(), retiring: z.boolean() })),
  traffic: z.object({
    clientConnections: z.number(),
    inFlight: z.number(),
    tunnels: z.number(),
    requests: z.number(),
  }),
  nodes: z.array(shownNode),
  sources: z
    .array(
      z.object({
        source: z.string(),
        nodes: z.number(),
        succeededAt: z.string().nullable(),
        failing: z.string().nullable(),
      }),
    )
    .default([]),
});
const incident = z.object({
  id: z.number(),
  kind: z.enum(['ejection', 'restart', 'all-down', 'worker']),
  node: z.string().nullable(),
  cause: z.string(),
  startedAt: z.string(),
  detectionMs: z.number().nullable(),
  recoveredAt: z.string().nullable(),
  durationMs: z.number().nullable(),
  sessionsLost: z.number(),
  requestsFailed: z.number(),
  requestsRetried: z.number(),
  tunnelsClosed: z.number(),
});
const incidentsAnswer = z.object({ incidents: z.array(incident) });
const event = z.object({
  at: z.string(),
  durationMs: z.number().nullable(),
  exchanges: z.number(),
  namedBy: z.string(),
  class: z.string(),
  created: z.boolean(),
  node: z.string().nullable(),
  by: z.string().nullable(),
  verdict: z.string().nullable(),
  conflict: z.boolean(),
  attempts: z.number(),
  status: z.number(),
  tunnel: z.boolean(),
  termination: z.string(),
  error: z.string().nullable(),
});
const sessionAnswer = z.object({
  session: z.string(),
  owner: z
    .object({ node: z.string(), knownBy: z.string(), since: z.string(), state: z.string().nullable() })
    .nullable(),
  events: z.array(event),
  forgotten: z.number(),
  incidents: z.array(incident),
  silentWorkers: z.number(),
});
export const shownExplanation = z.object({
  action: z.enum(['forward', 'refuse', 'deny', 'health', 'redirect']),
  class: z.string().nullable(),
  by: z.string().nullable(),
  verdict: z.string().nullable(),
  conflict: z.boolean(),
  node: z.string().nullable(),
  nodeState: z.string().nullable(),
  strict: z.boolean(),
  lookUp: z.string().nullable(),
  refusal: z.object({ code: z.string() }).nullable(),
  status: z.number().nullable(),
  why: z.string(),
  listener: address.nullable(),
});
const errorAnswer = z.object({ error: z.object({ code: z.string().optional(), message: z.string() }) });
/** What helps whoever reads it at a terminal, by the code of the error. */
const HINTS: Readonly<Record<string, string>> = {
  unauthorized: 'It wants an admin token: --token-file, or COBROWSE_PROXY_ADMIN_TOKEN.',
  invalid_token: 'This is no admin token of it: --token-file, or COBROWSE_PROXY_ADMIN_TOKEN.',
};

export type NodeAnswer = z.output<typeof nodeAnswer>;
/**
 * What the commands need of what the admin listener answers; see `status.ts`, `report-answers.ts`, `explain-route.ts`.
 */
export type ShownNode = z.output<typeof shownNode>;
export type ShownStatus = z.output<typeof statusAnswer>;
export type ListedIncident = z.output<typeof incident>;
export type ShownEvent = z.output<typeof event>;
export type ShownSession = z.output<typeof sessionAnswer>;
export type ShownExplanation = z.output<typeof shownExplanation>;
type IncidentsAnswer = z.output<typeof incidentsAnswer>;

/** What went wrong, as one line for the operator. */
export type AdminFailure =
  /** The proxy said no, and why. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It said nothing, or nothing that makes sense. */
  | { readonly kind: 'unreachable'; readonly message: string };

/** `text`: the answer as it came. */
export type AdminResult<Answer> =
  | { readonly kind: 'ok'; readonly answer: Answer; readonly text: string }
  | AdminFailure;

export interface AdminClientOptions {
  /** `http://host:port` of the admin listener. */
  readonly url: string;
  /** '' for none. */
  readonly token: string;
}

export class AdminClient {
  readonly #options: AdminClientOptions;
  readonly #client: Client;

  constructor(options: AdminClientOptions) {
    this.#options = options;
    this.#client = new Client(options.url, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  }

  node(name: string): Promise<AdminResult<NodeAnswer>> {
    return this.#ask('GET', `/nodes/${encodeURIComponent(name)}`, nodeAnswer);
  }

  /** `deadline` as the configuration writes durations. */
  order(name: string, order: 'drain' | 'ready' | 'maintenance', deadline?: string): Promise<AdminResult<NodeAnswer>> {
    const query = deadline === undefined ? '' : `?deadline=${encodeURIComponent(deadline)}`;
    return this.#ask('POST', `/nodes/${encodeURIComponent(name)}/${order}${query}`, nodeAnswer);
  }

  /** Newest first. */
  incidents(): Promise<AdminResult<IncidentsAnswer>> {
    return this.#ask('GET', '/incidents', incidentsAnswer);
  }

  status(): Promise<AdminResult<ShownStatus>> {
    return this.#ask('GET', '/status', statusAnswer);
  }

  /** Of a session, or of a user who stopped one. */
  session(token: string): Promise<AdminResult<ShownSession>> {
    return this.#ask('GET', `/sessions/${encodeURIComponent(token)}`, sessionAnswer);
  }

  /** As `explainRoute` takes it. */
  explain(question: URLSearchParams): Promise<AdminResult<ShownExplanation>> {
    return this.#ask('GET', `/explain?${question}`, shownExplanation);
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }

  async #ask<Answer>(method: 'GET' | 'POST', path: string, shape: z.ZodType<Answer>): Promise<AdminResult<Answer>> {
    const { url, token } = this.#options;
    try {
      const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
      const { statusCode, body } = await this.#client.request({ method, path, headers });
      return readAnswer(statusCode, await body.text(), shape);
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError) {
        return { kind: 'unreachable', message: `${url} does not answer as the admin listener of a proxy does` };
      }
      const { code, message } = describeError(error);
      return { kind: 'unreachable', message: `${url} cannot be reached: ${code || message}` };
    }
  }
}

/** Throws for a text that is not what an admin listener answers. */
export function readAnswer<Answer>(status: number, text: string, shape: z.ZodType<Answer>): AdminResult<Answer> {
  if (status === 200) return { kind: 'ok', answer: shape.parse(JSON.parse(text)), text };
  const { code = '', message } = errorAnswer.parse(JSON.parse(text)).error;
  return { kind: 'refused', message: HINTS[code] ?? message };
}
