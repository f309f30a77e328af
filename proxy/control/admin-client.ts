/** The admin listener from the other side: what the commands ask of a running proxy. */
import { Client } from 'undici';
import { z } from 'zod';
import { describeError } from './describe-error.ts';

const TIMEOUT_MS = 10_000;

const nodeAnswer = z.object({
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
  /** Of an order only. */
  persisted: z.boolean().optional(),
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
const errorAnswer = z.object({ error: z.object({ message: z.string() }) });

export type NodeAnswer = z.output<typeof nodeAnswer>;
/** What the commands need of what the admin listener answers; see `report-answers.ts`. */
export type ListedIncident = z.output<typeof incident>;
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

  close(): Promise<void> {
    return this.#client.destroy();
  }

  async #ask<Answer>(method: 'GET' | 'POST', path: string, shape: z.ZodType<Answer>): Promise<AdminResult<Answer>> {
    const { url, token } = this.#options;
    try {
      const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
      const { statusCode, body } = await this.#client.request({ method, path, headers });
      const text = await body.text();
      if (statusCode === 200) return { kind: 'ok', answer: shape.parse(JSON.parse(text)), text };
      return { kind: 'refused', message: errorAnswer.parse(JSON.parse(text)).error.message };
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError) {
        return { kind: 'unreachable', message: `${url} does not answer as the admin listener of a proxy does` };
      }
      const { code, message } = describeError(error);
      return { kind: 'unreachable', message: `${url} cannot be reached: ${code || message}` };
    }
  }
}
