/** Whether what went wrong had to: each failure is explained by a fault near in time, or it is a violation. */
import type { Incident } from './faults.ts';
import type { Failure } from './load/tally.ts';
import type { NodeRecord } from './protocol.ts';

/** After a fault is over: until those that it held up are through. */
const AFTERMATH_MS = 3_000;

const SILENT: ReadonlySet<Incident['fault']> = new Set(['killed', 'hung', 'refusing']);
/** Of a node that does not answer, or must not be asked, its sessions cannot be served. */
const AWAY: ReadonlySet<Incident['fault']> = new Set(['killed', 'hung', 'refusing', 'maintenance']);
const TOLD: ReadonlySet<string> = new Set(['node_unreachable', 'session_lost', 'node_failed', 'node_timeout']);
/** For a request that cannot be sent to another node, since the first may have done it already. */
const TOLD_OF_UNBOUND: ReadonlySet<string> = new Set(['node_failed', 'node_timeout']);

/** The fault that explains a failure, or undefined: then it is a violation. */
export function explain(failure: Failure, incidents: readonly Incident[]): Incident | undefined {
  const near = incidents.filter(({ from, until }) => failure.from <= until + AFTERMATH_MS && failure.until >= from);
  const broken = failure.what === 'reset' || failure.what === 'cut';
  const worker = broken ? near.find(({ fault }) => fault === 'worker-killed') : undefined;
  return (
    worker ?? (failure.session === undefined ? explainUnbound(failure, near) : explainBound(failure, near, incidents))
  );
}

function explainUnbound({ what, code, idempotent }: Failure, near: readonly Incident[]): Incident | undefined {
  // An answer that has begun cannot be taken back; one that has not comes from another node instead.
  const told = what === 'status' && !idempotent && TOLD_OF_UNBOUND.has(code);
  return what === 'cut' || told ? near.find(({ fault }) => SILENT.has(fault)) : undefined;
}

function explainBound(
  { what, status, code, session, sessionSince, kind, until: failedAt }: Failure,
  near: readonly Incident[],
  all: readonly Incident[],
): Incident | undefined {
  const own = near.filter(({ node }) => node === session?.node);
  const gone = code === 'session_lost' || status === 404;
  if (gone) {
    const restart = all.find(({ fault, node, from, until }) => {
      return fault === 'killed' && node === session?.node && until >= sessionSince && from <= failedAt;
    });
    if (restart !== undefined) return restart;
  }
  // Without its node a session may be anybody's, as the name in the cookie is nobody's.
  if (status === 404) return own.find(({ fault }) => fault === 'removed' || (kind === 'look' && AWAY.has(fault)));
  if (what === 'cut' || TOLD.has(code)) return own.find(({ fault }) => AWAY.has(fault));
  return undefined;
}

export type Stray = Extract<NodeRecord, { readonly id: string }>;

/** Whether a bound request was right to come to a node that does not have its session. */
export function isMisrouted({ id, at, session, whose }: Stray, incidents: readonly Incident[]): boolean {
  // A cookie does not say which instance it means, and the new one answers as to a stranger.
  if (whose === 'earlier') return false;
  if (whose === 'unknown') return true;
  const owner = session.split('/')[0] ?? '';
  const looks = id.startsWith('look-');
  return !incidents.some(({ fault, node, from, until }) => {
    if (node !== owner || at < from) return false;
    // That a session is unknown to a node's new instance is found out by asking the others.
    if (looks && fault === 'killed') return true;
    return at <= until + AFTERMATH_MS && (fault === 'removed' || (looks && AWAY.has(fault)));
  });
}
