/** Where the admin listener is: it may move, and a primary finds it where the one before had it. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { Address } from '../anchor/messages.ts';
import type { Logger } from '../observe/log.ts';
import { AdminServer } from './admin.ts';
import { AdminRefusals } from './admin-refusals.ts';
import type { AdminRoute } from './admin-routes.ts';
import { readAdminTokens } from './admin-tokens.ts';
import type { Memo } from './memo.ts';

type AdminConfig = ProxyConfig['admin'];

/** Another one, which listens already; nothing of it shows until `commit`. */
export interface PreparedAdmin {
  commit(): void;
  discard(): Promise<void>;
}

export interface AdminListenerOptions {
  readonly routes: readonly AdminRoute[];
  readonly config: () => AdminConfig;
  readonly logger: Logger;
}

export class AdminListener {
  readonly #options: AdminListenerOptions;
  readonly #refusals: AdminRefusals;
  #server: AdminServer;
  #at: Memo['admin'];

  constructor(options: AdminListenerOptions) {
    this.#options = options;
    this.#refusals = new AdminRefusals(options.logger);
    this.#server = this.#makeServer();
  }

  get refusals(): AdminRefusals['counts'] {
    return this.#refusals.counts;
  }

  get at(): Memo['admin'] {
    return this.#at;
  }

  /** Unless that is where the primary before this one listens still. Rejects with the system's error. */
  async openEarly(before: Memo['admin']): Promise<void> {
    if (!this.#isWhere(before)) await this.open(undefined);
  }

  /**
   * `before`: of the primary before this one; where any port will do, its port is taken. Rejects with the system's
   * error.
   */
  async open(before: Memo['admin']): Promise<Address> {
    if (this.#at !== undefined) return this.#at.bound;
    const { host, port } = this.#options.config();
    const bound = await this.#server.listen(this.#isWhere(before) ? before.bound : { host, port });
    this.#at = { asked: { host, port }, bound };
    return bound;
  }

  /** Listens elsewhere as well. Rejects with the system's error. */
  async prepare({ host, port }: AdminConfig): Promise<PreparedAdmin> {
    const server = this.#makeServer();
    const bound = await server.listen({ host, port });
    return {
      commit: () => {
        // Whoever asked for the reload has yet to hear of it.
        void this.#server.finish();
        this.#server = server;
        this.#at = { asked: { host, port }, bound };
        this.#options.logger.info({ admin: bound }, `admin on ${bound.host}:${bound.port}`);
      },
      discard: () => server.close(),
    };
  }

  /** Accepts nothing more; resolves once the requests under way are answered. */
  finish(): Promise<void> {
    return this.#server.finish();
  }

  /** Ends at once, open requests included. */
  close(): Promise<void> {
    return this.#server.close();
  }

  #isWhere(before: Memo['admin']): before is NonNullable<Memo['admin']> {
    const { host, port } = this.#options.config();
    return before !== undefined && before.asked.host === host && before.asked.port === port;
  }

  #makeServer(): AdminServer {
    const { routes, config } = this.#options;
    return new AdminServer({
      routes,
      tokens: () => readAdminTokens(config()),
      onRefused: (request) => this.#refusals.refused(request),
    });
  }
}
