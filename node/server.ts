/** The node as a running HTTP server: it listens, answers, drains and stops. */
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import { stickinessCookie } from './binding.ts';
import { demo } from './demo/catalogue.ts';
import { drained } from './drain.ts';
import { createHttpServer } from './http.ts';
import { InFlight } from './in-flight.ts';
import { AddressLimiter } from './limits/address-limiter.ts';
import { TrustedProxies } from './limits/client-address.ts';
import { LiveChannel } from './live/live-channel.ts';
import { LiveResource } from './live/live-resource.ts';
import { type Address, MetricsListener } from './metrics/listener.ts';
import { NodeMetrics } from './metrics/metrics.ts';
import { ObservedSessions } from './metrics/observed-sessions.ts';
import { requestFunction } from './metrics/request-function.ts';
import { DEFAULTS, type NodeOptions } from './options.ts';
import { RestFunctions, type ServingState } from './rest.ts';
import { openSessionStore } from './sessions/open-store.ts';
import type { SessionService } from './sessions/service.ts';
import type { SessionStore } from './sessions/store.ts';
import { scripts } from './static/catalogue.ts';
import { StaticFiles } from './static/static-files.ts';
import { VERSION } from './version.ts';

export interface NodeDependencies {
  /** Silent by default. */
  readonly log?: Logger;
  /** The one that `storeUrl` names by default. */
  readonly store?: SessionStore;
}

/**
 * Starts a node; what is left out of `options` has its default.
 * @returns when it listens; rejects with the system's error (`EADDRINUSE`, …) when it cannot.
 */
export async function startNode(
  options: Partial<NodeOptions> = {},
  { log = pino({ level: 'silent' }), store }: NodeDependencies = {},
): Promise<CobrowseNode> {
  const complete = { ...DEFAULTS, ...options };
  const { storeUrl: url, name: serverName, lifetimes } = complete;
  const node = new CobrowseNode(complete, log, store ?? (await openSessionStore({ url, serverName, lifetimes, log })));
  await node.listen();
  return node;
}

export class CobrowseNode {
  readonly options: NodeOptions;
  /** New at each start, so that a balancer can tell a restarted node from one that was away. */
  readonly instanceId = randomUUID();
  readonly sessions: SessionService;
  readonly #log: Logger;
  readonly live: LiveChannel;
  readonly #server: Server;
  readonly #inFlight: InFlight;
  readonly #metrics: NodeMetrics;
  readonly #metricsListener: MetricsListener;
  /** Ends the drain early. */
  readonly #hurry = new AbortController();
  #port: number;
  #metricsAddress: Address | undefined;
  #state: ServingState = 'ready';
  #stopped: Promise<void> | undefined;

  constructor(options: NodeOptions, log: Logger, store: SessionStore) {
    const { name, base, serverUrl, allowedOrigins, maxSessions, lifetimes } = options;
    this.options = options;
    this.#port = options.port;
    this.#log = log;
    this.#metrics = new NodeMetrics({
      version: VERSION,
      maxSessions,
      draining: () => this.#state === 'draining',
      sessions: () => this.sessions.counts(),
      store: () => store.status(),
      live: () => this.live,
    });
    this.#metricsListener = new MetricsListener(this.#metrics);
    const metrics = this.#metrics;
    this.sessions = new ObservedSessions({ store, serverName: name, serverUrl, maxSessions, lifetimes, log, metrics });
    this.live = new LiveChannel({
      options: options.live,
      sessions: this.sessions,
      binding: { cookie: stickinessCookie(name), instanceId: this.instanceId },
      log,
    });
    this.#server = createHttpServer({
      rest: this.#restFunctions(),
      resources: [
        new LiveResource(base, this.live, allowedOrigins),
        new StaticFiles(base, new Map([...scripts(), ...demo()]), allowedOrigins),
      ],
      unreadable: (code) => metrics.refusal(code),
      log,
      closing: () => this.#state === 'draining',
    });
    this.#inFlight = new InFlight(this.#server, ({ target, status, refusal, seconds }) => {
      metrics.request(requestFunction(target, base), status, seconds);
      if (refusal !== undefined) metrics.refusal(refusal);
    });
  }

  /** Rejects with the system's error when an address cannot be had; all is closed then. */
  async listen(): Promise<void> {
    try {
      await this.#listen();
    } catch (error) {
      await this.#closeRooms();
      throw error;
    }
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#server.on('error', (error) => this.#log.error({ err: error }, 'server error'));
    this.sessions.start();
  }

  async #listen(): Promise<void> {
    const { host, port, metrics } = this.options;
    if (metrics !== undefined) {
      this.#metricsAddress = await this.#metricsListener.listen(metrics);
      this.#metrics.watchProcess();
    }
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** The actual port, once it listens; the one that was asked for until then. */
  get port(): number {
    return this.#port;
  }

  /** Where metrics are served; undefined: nowhere. */
  get metricsAddress(): Address | undefined {
    return this.#metricsAddress;
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
   * From now on `/health` answers 503, no session is created here, and every answer closes its connection, so that
   * balancers move away. The sessions that there are go on.
   */
  drain(): void {
    if (this.#state === 'draining') return;
    this.#state = 'draining';
    this.sessions.drain();
    this.#log.info({ liveSessions: this.sessions.counts().live }, 'draining');
  }

  /**
   * Drains until no session is live, but at least for `drainNoticeMs` and at most for `deadlineMs`; then stops
   * listening, ends the sessions that are left, lets requests in flight finish, at most for `finishMs`, and closes all
   * connections. A further call waits for the same end; with 0 it cuts the drain short.
   */
  stop(deadlineMs: number = this.options.drainDeadlineMs): Promise<void> {
    this.drain();
    if (deadlineMs === 0) this.#hurry.abort();
    this.#stopped ??= this.#shutDown(deadlineMs);
    return this.#stopped;
  }

  async #shutDown(deadlineMs: number): Promise<void> {
    const { drainNoticeMs: noticeMs, finishMs } = this.options;
    await drained({ sessions: this.sessions, noticeMs, deadlineMs, signal: this.#hurry.signal });
    const { live } = this.sessions.counts();
    if (live > 0) this.#log.warn({ liveSessions: live }, 'stopping with live sessions');
    await Promise.all([this.#inFlight.finish(finishMs), this.#closeRooms()]);
    this.#log.info('stopped');
  }

  /** Sessions first, so that participants are told that theirs have ended before their connections close. */
  async #closeRooms(): Promise<void> {
    await Promise.race([this.sessions.close(), sleep(this.options.finishMs, undefined, { ref: false })]);
    await this.live.close();
    await this.#metricsListener.close();
  }

  #restFunctions(): RestFunctions {
    const { base, allowedOrigins, trustedProxies, misses, storeGraceMs } = this.options;
    return new RestFunctions({
      base,
      sessions: this.sessions,
      allowedOrigins,
      instanceId: this.instanceId,
      state: () => this.#state,
      trustedProxies: new TrustedProxies(trustedProxies),
      misses: new AddressLimiter(misses),
      storeGraceMs,
    });
  }
}
