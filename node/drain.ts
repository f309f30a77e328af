/** How long a node that is to stop serves on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionService } from './sessions/service.ts';

export interface DrainOptions {
  readonly sessions: Pick<SessionService, 'counts' | 'on' | 'off'>;
  /** At least this long, so that balancers notice; ms. */
  readonly noticeMs: number;
  /** At most this long, whatever sessions are left; ms. */
  readonly deadlineMs: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** Participants who are between two polls when their session ends should still hear of it; ms. */
const FAREWELL_MS = 500;

/** Resolves when the notice is over and no session of this node is live, or at the deadline. Never rejects. */
export async function drained({ sessions, noticeMs, deadlineMs, signal }: DrainOptions): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  const deadline = setTimeout(end, deadlineMs);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  await pause(Math.min(noticeMs, deadlineMs), over.signal);
  if (sessions.counts().live > 0) {
    await lastEnded(sessions, over.signal);
    await pause(FAREWELL_MS, over.signal);
  }
  signal.removeEventListener('abort', end);
  clearTimeout(deadline);
}

/** Resolves when no session is live, or on the signal. */
async function lastEnded(sessions: DrainOptions['sessions'], signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      sessions.off('ended', check);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const check = (): void => {
      if (sessions.counts().live === 0) finish();
    };
    sessions.on('ended', check);
    signal.addEventListener('abort', finish);
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Cut short: the only way in which it rejects.
  }
}
