/** The idle connections to each node: last in, first out, so that a quiet worker keeps few and warm ones. */
import type { NodeSnapshot } from '../pool/view.ts';
import { NEVER } from './deadlines.ts';
import { NodeConnection, type NodeUser } from './node-connection.ts';
import type { WorkerContext } from './worker-context.ts';

/** Idle connections kept for each node and worker. */
const MAX_IDLE = 256;
/** A request that may not be replayed takes no connection that was idle for longer: the node may just be closing it. */
const FRESH_MS = 1_000;

export class NodeConnections {
  readonly #idle = new Map<string, NodeConnection[]>();
  readonly #worker: WorkerContext;

  constructor(worker: WorkerContext) {
    this.#worker = worker;
  }

  /** A connection to the node for `user`: an idle one, or one that is still connecting (`connected` tells). */
  lease(node: NodeSnapshot, user: NodeUser, replayable: boolean): NodeConnection {
    const list = this.#idle.get(node.name);
    const last = list?.[list.length - 1];
    if (last !== undefined && (replayable || this.#worker.deadlines.now - last.idleSince <= FRESH_MS)) {
      list?.pop();
      if (last.usable && last.node.port === node.port && last.node.host === node.host) {
        last.user = user;
        last.reused = true;
        last.deadline = NEVER;
        return last;
      }
      last.destroy();
    }
    return this.connect(node, user);
  }

  connect(node: NodeSnapshot, user: NodeUser): NodeConnection {
    return new NodeConnection(this.#worker, node, user, this.#forget);
  }

  /** Takes back a connection on which an exchange has ended cleanly. */
  release(connection: NodeConnection): void {
    connection.user = undefined;
    const seconds = connection.head.keepAliveSeconds;
    const { nodeIdle } = this.#worker.config.timeouts;
    // One second less than the node says, so that it is this side which closes first.
    const lasts = seconds < 0 ? nodeIdle : Math.min(nodeIdle, Math.max(0, seconds * 1000 - 1000));
    const list = this.#idle.get(connection.node.name);
    if (!connection.usable || lasts === 0 || this.#worker.closing || (list !== undefined && list.length >= MAX_IDLE)) {
      connection.destroy();
      return;
    }
    connection.idleSince = this.#worker.deadlines.now;
    connection.deadline = connection.idleSince + lasts;
    if (list === undefined) this.#idle.set(connection.node.name, [connection]);
    else list.push(connection);
  }

  readonly #forget = (connection: NodeConnection): void => {
    const list = this.#idle.get(connection.node.name);
    const index = list?.lastIndexOf(connection) ?? -1;
    if (index !== -1) list?.splice(index, 1);
  };

  /** Closes the idle connections to one node, or to all. */
  closeIdle(nodeName?: string): void {
    for (const [name, list] of this.#idle) {
      if (nodeName === undefined || nodeName === name) for (const connection of [...list]) connection.destroy();
    }
  }
}
