/**
 * The connections to each node: idle ones for reuse, last in, first out, so that a quiet worker keeps few and warm
 * ones; and for a node with as many as it may have, those who wait for one, first come, first served.
 */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import { NEVER } from './deadlines.ts';
import { NodeConnection, type NodeUser } from './node-connection.ts';
import type { WorkerContext } from './worker-context.ts';

/** Idle connections kept for each node and worker. */
const MAX_IDLE = 256;
/** A request that may not be replayed takes no connection that was idle for longer: the node may just be closing it. */
const FRESH_MS = 1_000;

/** Who leases a connection, and may have to wait for it. */
export interface LeaseUser extends NodeUser {
  /** The wait is over. */
  onNodeLeased(connection: NodeConnection): void;
  /** None came free in time. */
  onQueueTimeout(): void;
}

interface Waiting {
  readonly user: LeaseUser;
  readonly node: NodeSnapshot;
  readonly deadline: number;
}

export class NodeConnections {
  readonly #idle = new Map<string, NodeConnection[]>();
  readonly #queues = new Map<string, Waiting[]>();
  readonly #worker: WorkerContext;

  constructor(worker: WorkerContext) {
    this.#worker = worker;
  }

  /**
   * A connection to the node for `user`: an idle one, or one that is still connecting (`connected` tells). `queued`:
   * it comes later, by `onNodeLeased`. `busy`: the node has all it may have, and the queue is full or not wanted.
   */
  lease(
    node: NodeSnapshot,
    user: LeaseUser,
    replayable: boolean,
    mayQueue: boolean,
    { length, timeout }: ProxyConfig['queue'],
  ): NodeConnection | 'queued' | 'busy' {
    const list = this.#idle.get(node.name);
    const last = list?.[list.length - 1];
    if (last !== undefined && (replayable || this.#worker.deadlines.now - last.idleSince <= FRESH_MS)) {
      list?.pop();
      if (last.usable && isAt(last.node, node)) return lend(last, user);
      last.destroy();
    }
    if (this.#hasRoom(node)) return this.connect(node, user);
    // The place of one that is idle for too long to be trusted.
    const oldest = this.#idle.get(node.name)?.shift();
    if (oldest !== undefined) {
      oldest.destroy();
      return this.connect(node, user);
    }
    const queue = this.#queues.get(node.name) ?? [];
    if (!mayQueue || queue.length >= length) return 'busy';
    queue.push({ user, node, deadline: this.#worker.deadlines.now + timeout });
    this.#queues.set(node.name, queue);
    return 'queued';
  }

  connect(node: NodeSnapshot, user: NodeUser): NodeConnection {
    return new NodeConnection(this.#worker, node, user, this.#onClosed);
  }

  /** Takes back a connection on which an exchange has ended cleanly. */
  release(connection: NodeConnection): void {
    connection.user = undefined;
    connection.endBulk();
    // Each record of TLS is a read of its own: what came with the last must find nobody, not the next exchange.
    if (connection.tls === undefined) this.#settle(connection);
    else setImmediate(this.#settle, connection);
  }

  readonly #settle = (connection: NodeConnection): void => {
    const { name } = connection.node;
    const next = connection.usable ? this.#queues.get(name)?.shift() : undefined;
    if (next !== undefined) {
      next.user.onNodeLeased(lend(connection, next.user));
      return;
    }
    const seconds = connection.head.keepAliveSeconds;
    const { nodeIdle } = this.#worker.config.timeouts;
    // One second less than the node says, so that it is this side which closes first.
    const lasts = seconds < 0 ? nodeIdle : Math.min(nodeIdle, Math.max(0, seconds * 1000 - 1000));
    const list = this.#idle.get(name);
    if (!connection.usable || lasts === 0 || this.#worker.closing || (list !== undefined && list.length >= MAX_IDLE)) {
      connection.destroy();
      return;
    }
    connection.idleSince = this.#worker.deadlines.now;
    connection.deadline = connection.idleSince + lasts;
    if (list === undefined) this.#idle.set(name, [connection]);
    else list.push(connection);
  };

  /** Somebody waits in a queue. */
  get isAwaited(): boolean {
    for (const queue of this.#queues.values()) if (queue.length > 0) return true;
    return false;
  }

  leaveQueue(node: NodeSnapshot, user: LeaseUser): void {
    const queue = this.#queues.get(node.name);
    const index = queue?.findIndex((waiting) => waiting.user === user) ?? -1;
    if (index !== -1) queue?.splice(index, 1);
  }

  /** Sends away who has waited too long; `now` in ms of the deadline clock. */
  expire(now: number): void {
    for (const queue of this.#queues.values()) {
      for (let first = queue[0]; first !== undefined && first.deadline <= now; first = queue[0]) {
        queue.shift();
        first.user.onQueueTimeout();
      }
    }
  }

  /** Closes the idle connections to one node, or to all. */
  closeIdle(nodeName?: string): void {
    for (const [name, list] of this.#idle) {
      if (nodeName === undefined || nodeName === name) for (const connection of [...list]) connection.destroy();
    }
  }

  /** Each worker opens its share of what all may open together. */
  #hasRoom({ index, maxConnections }: NodeSnapshot): boolean {
    if (maxConnections === undefined) return true;
    const share = Math.max(1, Math.floor(maxConnections / this.#worker.workers));
    return (this.#worker.stats.nodeConnections[index] ?? 0) < share;
  }

  readonly #onClosed = (connection: NodeConnection): void => {
    const { name } = connection.node;
    const list = this.#idle.get(name);
    const index = list?.lastIndexOf(connection) ?? -1;
    if (index !== -1) list?.splice(index, 1);
    const queue = this.#queues.get(name);
    const next = queue?.[0];
    if (next === undefined || !this.#hasRoom(next.node)) return;
    queue?.shift();
    next.user.onNodeLeased(this.connect(next.node, next.user));
  };
}

function isAt({ scheme, host, port }: NodeSnapshot, node: NodeSnapshot): boolean {
  return port === node.port && host === node.host && scheme === node.scheme;
}

function lend(connection: NodeConnection, user: NodeUser): NodeConnection {
  connection.user = user;
  connection.reused = true;
  connection.deadline = NEVER;
  return connection;
}
