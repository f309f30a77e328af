/** What a client is told when its request is refused. */
import { companionName } from '../affinity/companion.ts';
import { type RefusalCode, refusalAnswer } from '../http/refusals.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { WorkerContext } from './worker-context.ts';

const RETRY_AFTER_SECONDS = 1;
const TRY_AGAIN: ReadonlySet<RefusalCode> = new Set(['node_unreachable', 'no_node_available', 'node_busy']);
const NONE: readonly string[] = [];

export interface RefusalFacts {
  readonly requestId: string;
  readonly keepAlive: boolean;
  /** Seconds; absent: what is usual for the code. */
  readonly retryAfter?: number | undefined;
}

/** A whole answer in latin1, to the request with this head. */
export function refusalTo(
  head: RequestHead,
  code: RefusalCode,
  { config }: WorkerContext,
  { requestId, keepAlive, retryAfter }: RefusalFacts,
): string {
  const { cookie } = config.affinity;
  return refusalAnswer(code, {
    requestId,
    close: !keepAlive,
    headOnly: head.method === 'HEAD',
    retryAfter: retryAfter ?? (TRY_AGAIN.has(code) ? RETRY_AFTER_SECONDS : -1),
    expireCookies: code === 'session_lost' ? [cookie, companionName(cookie)] : NONE,
    origin: head.origin,
  });
}
