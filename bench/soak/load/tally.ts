/** What the load sent and what became of it: the good is counted, the bad is kept. */
import type { Session } from '../protocol.ts';

export const KINDS = [
  'page',
  'slow',
  'pipelined',
  'create',
  'look',
  'poll',
  'stop',
  'socket',
  'upload',
  'aborted',
] as const;
export type Kind = (typeof KINDS)[number];

export type Failure = {
  /** Of the request; begins with its kind. */
  readonly id: string;
  readonly kind: Kind;
  /** May be sent again by the proxy, to another node as well. */
  readonly idempotent: boolean;
  /** ms since the epoch. */
  readonly from: number;
  readonly until: number;
  /** Of a bound request; and when it was created. */
  readonly session: Session | undefined;
  readonly sessionSince: number;
  /** `reset`: before the answer's head; `cut`: after it. `wrong`: not the answer to this request. */
  readonly what: 'status' | 'reset' | 'cut' | 'timeout' | 'wrong';
  readonly status: number;
  /** Of a refusal by the proxy, or ''. */
  readonly code: string;
  readonly detail: string;
};

export class Tally {
  readonly failures: Failure[] = [];
  readonly ok: Record<Kind, number>;
  #ids = 0;

  constructor() {
    this.ok = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  }

  id(kind: Kind): string {
    return `${kind}-${this.#ids++}`;
  }
}
