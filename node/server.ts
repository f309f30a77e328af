/** The node as a running HTTP server: it listens, answers, drains and stops. */
import { randomUUID } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import { createHttpServer } from './http.ts';
import { DEFAULTS, type NodeOptions } from './options.ts';
import { RestFunctions, type ServingState } from './rest.ts';
import { MemorySessionStore } from './sessions/memory-store.ts';
import { SessionService } from './sessions/service.ts';
import type { SessionStore } from './sessions/store.ts';

export interface NodeDependencies {
  /** Silent by default. */
  readonly log?: Logger;
  /** In memory by default. */
  readonly store?: SessionStore;
}

/**
 * Starts a node; what is left out of `options` has its default.
 * @returns when it listens; rejects with the system's error (`EADDRINUSE`, …) when it cannot.
 */
export async function startNode(
  options: Partial<NodeOptions> = {},
  dependencies: NodeDependencies = {},
): Promise<CobrowseNode> {
  const { log = pino({ level: 'silent' }), store = new MemorySessionStore() } = dependencies;
  const node = new CobrowseNode({ ...DEFAULTS, ...options }, log, store);
  await node.listen();
  return node;
}

export class CobrowseNode {
  readonly options: NodeOptions;
  readonly instanceId = randomUUID();
  readonly sessions: SessionService;
  readonly #log: Logger;
  readonly #server: Server;
  /** Ends the drain time early. */
  readonly #hurry = new AbortController();
  #port: number;
  #state: ServingState = 'ready';
  #inFlight = 0;
  #closing = false;
  #stopped: Promise<void> | undefined;

  constructor(options: NodeOptions, log: Logger, store: SessionStore) {
    this.options = options;
    this.#port = options.port;
    this.#log = log;
    this.sessions = new SessionService({ store, serverName: options.name, serverUrl: options.serverUrl });
    const rest = new RestFunctions({
      base: options.base,
      sessions: this.sessions,
      allowedOrigins: options.allowedOrigins,
      instanceId: this.instanceId,
      state: () => this.#state,
    });
    this.#server = createHttpServer({ rest, log, closing: () => this.#state === 'draining' });
    this.#server.on('request', (_request, response) => this.#track(response));
  }

  /** Rejects with the system's error when the address cannot be had. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.options.port, this.options.host, () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.#log.error({ err: error }, 'server error'));
        resolve();
      });
    });
  }

  /** The actual port, once it listens; the one that was asked for until then. */
  get port(): number {
    return this.#port;
  }

  /** Where the web application is, e.g. `http://127.0.0.1:8700/cobrowse`; without a trailing slash. */
  get url(): string {
    const { host, base } = this.options;
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.port}${base}`;
  }

  get state(): ServingState {
    return this.#state;
  }

  /**
   * From now on `/health` answers 503 and every answer closes its connection, so that balancers move away. All else is
   * served as before, new sessions too: refusing what a balancer sends before it noticed would show users an error.
   */
  drain(): void {
    if (this.#state === 'draining') return;
    this.#state = 'draining';
    this.#log.info('draining');
  }

  /**
   * Drains for `drainMs`, then stops listening, lets the requests in flight finish, at most for `finishMs`, and closes
   * all connections. Live sessions are not waited for. A further call waits for the same end; with 0 it cuts the drain
   * time short.
   */
  stop(drainMs: number = this.options.drainMs): Promise<void> {
    this.drain();
    if (drainMs === 0) this.#hurry.abort();
    this.#stopped ??= this.#shutDown(drainMs);
    return this.#stopped;
  }

  async #shutDown(drainMs: number): Promise<void> {
    await pause(drainMs, this.#hurry.signal);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#closing = true;
    this.#closeUnused();
    const deadline = setTimeout(() => this.#server.closeAllConnections(), this.options.finishMs);
    await closed;
    clearTimeout(deadline);
    this.#log.info('stopped');
  }

  /** `closeIdleConnections` would leave those that never sent a byte. */
  #closeUnused(): void {
    if (this.#closing && this.#inFlight === 0) this.#server.closeAllConnections();
  }

  #track(response: ServerResponse): void {
    this.#inFlight++;
    response.once('close', () => {
      this.#inFlight--;
      this.#closeUnused();
    });
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Cut short: the only way in which it rejects.
  }
}
