/**
 * One worker's traffic: listeners, connections, and what they share. Reads the current pool through `view`, which
 * `publish` swaps in one assignment.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { SessionDirectory } from '../affinity/directory.ts';
import { OwnerLookUp } from '../affinity/lookup.ts';
import { Router } from '../affinity/router.ts';
import { RequestIds } from '../http/request-id.ts';
import type { AccessLog } from '../observe/access-log.ts';
import type { ExchangeRecord } from '../observe/record.ts';
import type { WorkerStats } from '../observe/stats.ts';
import { makeBalancer } from '../pool/balance.ts';
import { LoadTable } from '../pool/load.ts';
import { type PoolSnapshot, PoolView } from '../pool/view.ts';
import { ClientConnection, type ClientHooks } from './client-connection.ts';
import { Deadlines } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import { NodeConnections } from './node-connections.ts';
import { Peers } from './peers.ts';
import type { WorkerContext } from './worker-context.ts';

const READ_BUFFER_BYTES = 64 * 1024;
/** Connections that may wait to be accepted, as far as the kernel allows (somaxconn). */
const BACKLOG = 4096;

export interface DataPlaneHooks {
  readonly stats: WorkerStats;
  /** undefined when it is switched off. */
  readonly accessLog: Pick<AccessLog, 'write'> | undefined;
  /** A node refused a connection: worth an immediate poll. */
  readonly onNodeRefused: (node: string) => void;
}

export class DataPlane implements WorkerContext, ClientHooks {
  readonly config: ProxyConfig;
  readonly stats: WorkerStats;
  readonly deadlines = new Deadlines();
  readonly load = new LoadTable();
  readonly directory: SessionDirectory;
  readonly owners: OwnerLookUp;
  readonly router: Router;
  readonly peers: Peers;
  readonly requestIds = new RequestIds();
  readonly onNodeRefused: (node: string) => void;
  /** Where all node connections read into; see `NodeConnection`. */
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  view: PoolView;
  /** No new connections, and none kept alive. */
  closing = false;
  readonly #nodes = new NodeConnections(this);
  readonly #accessLog: Pick<AccessLog, 'write'> | undefined;
  readonly #servers: Server[] = [];
  readonly #clients = new Set<ClientConnection>();
  #onEmpty: (() => void) | undefined;

  constructor(config: ProxyConfig, pool: PoolSnapshot, { stats, accessLog, onNodeRefused }: DataPlaneHooks) {
    this.config = config;
    this.stats = stats;
    this.#accessLog = accessLog;
    this.onNodeRefused = onNodeRefused;
    this.view = new PoolView(pool);
    this.directory = new SessionDirectory(config.affinity);
    this.owners = new OwnerLookUp(config, this.directory);
    this.peers = new Peers(config.forwarding.trustedProxies);
    this.router = new Router({
      config,
      directory: this.directory,
      load: this.load,
      balancer: makeBalancer(config.balance),
    });
    this.deadlines.start();
  }

  /** Resolves to the addresses in the order of the configuration; rejects with the system's error. */
  async listen(): Promise<readonly { readonly host: string; readonly port: number }[]> {
    const addresses: { host: string; port: number }[] = [];
    for (const { host, port } of this.config.listeners) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
      this.#servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, backlog: BACKLOG }, () => {
          server.off('error', reject);
          // What fails from now on is accepting a connection (EMFILE, say): that one is lost, the listener is not.
          server.on('error', () => {});
          resolve();
        });
      });
      const address = server.address();
      addresses.push({ host, port: typeof address === 'object' && address !== null ? address.port : port });
    }
    return addresses;
  }

  publish(pool: PoolSnapshot): void {
    const before = this.view;
    this.view = new PoolView(pool);
    // Idle connections to a node that is down or was restarted are as dead as it is.
    for (const node of this.view.nodes) {
      const known = before.byName.get(node.name);
      if (known === undefined) continue;
      const ejected = node.state === 'down' && known.state !== 'down';
      if (ejected || known.instanceId !== node.instanceId) this.#nodes.closeIdle(node.name);
    }
  }

  /** Accepts nothing more; resolves when all is finished, with what is left at `deadlineMs` cut off. */
  async shutdown(deadlineMs: number): Promise<void> {
    this.closing = true;
    for (const server of this.#servers) server.close();
    this.#nodes.closeIdle();
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const client of this.#clients) client.onShutdown();
    if (this.#clients.size > 0) {
      const timer = setTimeout(() => {
        for (const client of this.#clients) client.onShutdownDeadline();
      }, deadlineMs);
      await empty;
      clearTimeout(timer);
    }
    this.deadlines.stop();
    await this.owners.close();
  }

  /** Counts and logs an exchange that has ended. `nodeIndex` is -1 when it met no node. */
  record(record: ExchangeRecord, nodeIndex: number): void {
    this.stats.exchangeEnded(record, nodeIndex);
    this.#accessLog?.write(record);
  }

  onRequest(client: ClientConnection, headLength: number): void {
    const exchange = new Exchange(this, this.#nodes, client, headLength);
    client.use(exchange);
    exchange.start();
  }

  onClosed(client: ClientConnection): void {
    this.#clients.delete(client);
    this.stats.clientConnections--;
    if (this.closing && this.#clients.size === 0) this.#onEmpty?.();
  }

  #accept(socket: Socket): void {
    if (this.closing) {
      socket.destroy();
      return;
    }
    this.stats.clientConnections++;
    this.stats.connectionsAccepted++;
    this.#clients.add(new ClientConnection(this, socket, this));
  }
}
