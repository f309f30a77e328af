/** What the broker uses of `cometd-nodejs-server`, most of it undocumented: what its own HTTP transport uses. */
import library from 'cometd-nodejs-server';
import type { BayeuxMessage, BayeuxReply } from './message.ts';

/** Where the messages of a session leave: the library's "scheduler". */
export interface Outlet {
  /** There is something to take from the queue, or the session has been removed. */
  resume(): void;
  /** The session has another outlet now, or has expired. */
  cancel(): void;
}

export type Failure = Error | string | undefined;
export type Completion<Result = unknown> = (failure?: Failure, result?: Result) => void;

/** A message on its way through the library, which puts the reply into it. */
export interface LibraryMessage {
  channel: string;
  readonly reply?: BayeuxReply;
}

export interface LibraryChannel {
  readonly name: string;
  readonly meta: boolean;
  addListener(
    event: 'message',
    listener: (session: LibrarySession, channel: LibraryChannel, message: BayeuxMessage, done: Completion) => void,
  ): void;
  _unsubscribe(session: LibrarySession, message: null, done: Completion): void;
}

export interface LibrarySession {
  readonly id: string;
  readonly subscriptions: readonly LibraryChannel[];
  readonly _handshaken: boolean;
  readonly _hasMessages: boolean;
  _scheduler: Outlet | null;
  addListener(event: 'removed', listener: () => void): void;
  addListener(event: 'queueOffer', listener: (session: LibrarySession, message: QueuedMessage) => void): void;
  deliver(sender: null, channel: string, data: unknown): void;
  _deliver(sender: null, message: BayeuxReply): void;
  _drainQueue(replies: readonly BayeuxReply[]): readonly QueuedMessage[];
  _calculateInterval(interval: number): number;
  _calculateTimeout(timeout: number): number;
  _startBatch(): void;
  _endBatch(): void;
}

export interface QueuedMessage {
  /** Serialized once for all who get it. */
  readonly _json: string;
}

export interface LibraryPolicy {
  canCreate(session: LibrarySession, message: BayeuxMessage, channel: string, done: Completion<boolean>): void;
  canSubscribe(
    session: LibrarySession,
    message: BayeuxMessage,
    channel: LibraryChannel,
    done: Completion<boolean>,
  ): void;
  canPublish(session: LibrarySession, message: BayeuxMessage, channel: LibraryChannel, done: Completion<boolean>): void;
}

export interface LibraryServer {
  policy: LibraryPolicy | null;
  createServerChannel(name: string): LibraryChannel;
  close(): void;
  _newServerSession(): LibrarySession;
  _removeServerSession(session: LibrarySession, timeout: boolean): LibrarySession | undefined;
  _process(session: LibrarySession, message: LibraryMessage, done: Completion): void;
  _extendReply(session: LibrarySession, reply: BayeuxReply, done: Completion<BayeuxReply | null>): void;
}

/** @param sweepMs how often channels that nobody uses are looked for */
export function createLibraryServer(sweepMs: number): LibraryServer {
  return library.createCometDServer({ sweepPeriod: sweepMs }) as unknown as LibraryServer;
}
