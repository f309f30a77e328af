/** What a client is told when its request is refused. */
import { companionName } from '../affinity/companion.ts';
import { type ExpiredCookie, type RefusalCode, refusalAnswer } from '../http/refusals.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { WorkerContext } from './worker-context.ts';

const RETRY_AFTER_SECONDS = 1;
const TRY_AGAIN: ReadonlySet<RefusalCode> = new Set(['node_unreachable', 'no_node_available', 'node_busy']);
const NONE: readonly ExpiredCookie[] = [];
const HOST_WIDE = 'Path=/';

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
  worker: WorkerContext,
  { requestId, keepAlive, retryAfter }: RefusalFacts,
): string {
  return refusalAnswer(code, {
    requestId,
    close: !keepAlive,
    headOnly: head.method === 'HEAD',
    retryAfter: retryAfter ?? (TRY_AGAIN.has(code) ? RETRY_AFTER_SECONDS : -1),
    expireCookies: code === 'session_lost' ? cookiesOf(worker) : NONE,
    origin: head.origin,
  });
}

/** The stickiness cookie may be an agent's own as well, wherever the application's is forced to be. */
function cookiesOf({ config, cookieRepair }: WorkerContext): readonly ExpiredCookie[] {
  const { cookie: name } = config.affinity;
  const own = [
    { name, place: HOST_WIDE },
    { name: companionName(name), place: HOST_WIDE },
  ];
  const place = cookieRepair?.forced.place ?? HOST_WIDE;
  return place === HOST_WIDE ? own : [...own, { name, place }];
}
