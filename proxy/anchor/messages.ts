/** What the anchor and the primary say to each other: plain JSON over the channel of a forked process. */

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A listening socket that the anchor holds. `port`: the real one, where 0 was asked for. */
export interface HeldSocket extends Address {
  readonly id: number;
}

/** As the system said it. */
export interface HoldProblem {
  readonly code: string;
  readonly syscall: string;
  readonly message: string;
}

/** `id`: chosen by the primary, unique for the life of the anchor. */
export interface RunningWorker {
  readonly id: number;
  readonly pid: number;
}

/** Why there is a new primary. `death`: how the one before it ended. */
export type Succession =
  | { readonly kind: 'start' }
  | { readonly kind: 'upgrade' }
  | { readonly kind: 'death'; readonly how: string };

/**
 * - `prepared`: can take charge, and has changed nothing so far.
 * - `listening`: serves. The first time it is passed on to whoever forked the anchor.
 * - `left`: superseded, it has let go of all that another needs, and exits.
 * - `hold`: open and hold listening sockets at these addresses, all or none; answers `held` with the same id.
 * - `release`: no new worker will need these.
 * - `fork`: a worker that inherits these sockets as descriptors from `FIRST_SOCKET_FD` on, in this order.
 * - `tell`: pass on to a worker. `kill`: SIGKILL.
 * - `memo`: for the primary that comes after this one; nobody else reads it.
 */
export type FromPrimary =
  | { readonly type: 'prepared' }
  | { readonly type: 'listening'; readonly listeners: readonly Address[]; readonly admin: Address }
  | { readonly type: 'left' }
  | { readonly type: 'hold'; readonly id: number; readonly addresses: readonly Address[] }
  | { readonly type: 'release'; readonly sockets: readonly number[] }
  | { readonly type: 'fork'; readonly worker: number; readonly sockets: readonly number[] }
  | { readonly type: 'tell'; readonly worker: number; readonly message: unknown }
  | { readonly type: 'kill'; readonly worker: number }
  | { readonly type: 'memo'; readonly memo: unknown };

/** What becomes of workers, whoever is the primary at the time. */
export type WorkerNews =
  | { readonly type: 'forked'; readonly worker: number; readonly pid: number }
  | { readonly type: 'said'; readonly worker: number; readonly message: unknown }
  | { readonly type: 'exited'; readonly worker: number; readonly code: number | null; readonly signal: string | null };

/**
 * - `begin`: prepare, then answer `prepared`. `memo`: as it is now; undefined for the first primary.
 * - `take-over`: this primary is in charge now, of these workers.
 * - `superseded`: another takes over. Leave the workers alone, answer `left`, and exit.
 * - `upgrade-failed`: the one that should have taken over ended before it could.
 * - `reload`: SIGHUP. `stop`: finish all and exit; the second time: at once.
 */
export type ToPrimary =
  | { readonly type: 'begin'; readonly memo: unknown }
  | {
      readonly type: 'take-over';
      readonly why: Succession;
      readonly workers: readonly RunningWorker[];
      readonly memo: unknown;
    }
  | { readonly type: 'superseded' }
  | { readonly type: 'upgrade-failed'; readonly how: string }
  | { readonly type: 'reload' }
  | { readonly type: 'stop'; readonly signal: string }
  | { readonly type: 'held'; readonly id: number; readonly sockets: readonly HeldSocket[] }
  | { readonly type: 'not-held'; readonly id: number; readonly address: Address; readonly problem: HoldProblem }
  | WorkerNews;

/** 0 to 2 are the standard streams, 3 is the channel. */
export const FIRST_SOCKET_FD = 4;
