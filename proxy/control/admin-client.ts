/** The admin listener from the other side: what `drain`, `ready` and `maintenance` ask of a running proxy. */
import { Client } from 'undici';
import { z } from 'zod';

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
const errorAnswer = z.object({ error: z.object({ message: z.string() }) });

export type NodeAnswer = z.output<typeof nodeAnswer>;

export type AdminResult =
  | { readonly kind: 'ok'; readonly node: NodeAnswer }
  /** The proxy said no, and why. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It said nothing, or nothing that makes sense. */
  | { readonly kind: 'unreachable'; readonly message: string };

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

  node(name: string): Promise<AdminResult> {
    return this.#ask('GET', `/nodes/${encodeURIComponent(name)}`);
  }

  /** `deadline` as the configuration writes durations. */
  order(name: string, order: 'drain' | 'ready' | 'maintenance', deadline?: string): Promise<AdminResult> {
    const query = deadline === undefined ? '' : `?deadline=${encodeURIComponent(deadline)}`;
    return this.#ask('POST', `/nodes/${encodeURIComponent(name)}/${order}${query}`);
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }

  async #ask(method: 'GET' | 'POST', path: string): Promise<AdminResult> {
    const { url, token } = this.#options;
    try {
      const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
      const { statusCode, body } = await this.#client.request({ method, path, headers });
      const text = await body.text();
      if (statusCode === 200) return { kind: 'ok', node: nodeAnswer.parse(JSON.parse(text)) };
      return { kind: 'refused', message: errorAnswer.parse(JSON.parse(text)).error.message };
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError) {
        return { kind: 'unreachable', message: `${url} does not answer as the admin listener of a proxy does` };
      }
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      return { kind: 'unreachable', message: `${url} cannot be reached: ${why}` };
    }
  }
}
