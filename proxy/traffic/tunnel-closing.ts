/** Closes the tunnels to a node so many a second: their users come back at that pace, not all at once. */
import type { Termination } from '../observe/record.ts';
import type { OpenTunnel } from './worker-context.ts';

const INTERVAL_MS = 100;

export type ClosingCause = Extract<Termination, 'drained' | 'shutdown'>;

interface Closing {
  perSecond: number;
  cause: ClosingCause;
  /** Tunnels that the pace has room for: what is less than a whole one waits for the next interval. */
  due: number;
}

export class TunnelClosing {
  readonly #tunnels: ReadonlySet<OpenTunnel>;
  readonly #isInMaintenance: (node: string) => boolean;
  readonly #closings = new Map<string, Closing>();

  constructor(tunnels: ReadonlySet<OpenTunnel>, isInMaintenance: (node: string) => boolean) {
    this.#tunnels = tunnels;
    this.#isInMaintenance = isInMaintenance;
  }

  /** Until none is left; `drained`: or until the node is out of maintenance. A shutdown keeps its own pace. */
  close(node: string, perSecond: number, cause: ClosingCause): void {
    const known = this.#closings.get(node);
    if (known === undefined) this.#begin(node, { perSecond, cause, due: 0 });
    else if (known.cause === 'drained') Object.assign(known, { perSecond, cause });
  }

  #begin(node: string, closing: Closing): void {
    this.#closings.set(node, closing);
    this.#goOn(node, closing);
  }

  #goOn(node: string, closing: Closing): void {
    const next = setTimeout(() => {
      if (this.#closeSome(node, closing)) this.#goOn(node, closing);
      else this.#closings.delete(node);
    }, INTERVAL_MS);
    next.unref();
  }

  /** False when there is nothing more to do. */
  #closeSome(node: string, closing: Closing): boolean {
    if (closing.cause === 'drained' && !this.#isInMaintenance(node)) return false;
    closing.due += (closing.perSecond * INTERVAL_MS) / 1000;
    for (const tunnel of this.#tunnels) {
      if (tunnel.nodeName !== node) continue;
      if (closing.due < 1) return true;
      closing.due--;
      tunnel.end(closing.cause);
    }
    return false;
  }
}
