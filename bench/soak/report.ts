/** What a soak comes to: what must hold and does or not, in a form for people and for scripts. */
import { renderTable } from '../harness/report.ts';
import type { Incident } from './faults.ts';
import { descriptorGrowth, type Growth, memoryGrowth, type Sample } from './flat.ts';
import { type Failure, KINDS, type Kind } from './load/tally.ts';
import { isAtRest, type Soaked } from './soak.ts';
import { explain, isMisrouted, type Stray } from './verdict.ts';

export type Check = { readonly rule: string; readonly holds: boolean; readonly evidence: string };
export type KindFigures = {
  readonly kind: Kind;
  readonly ok: number;
  readonly explained: number;
  readonly violations: number;
};

export type Report = {
  readonly seed: number;
  readonly minutes: number;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly holds: boolean;
  readonly checks: readonly Check[];
  readonly faults: Readonly<Record<string, number>>;
  readonly incidents: readonly Incident[];
  readonly requests: readonly KindFigures[];
  /** Failures that a fault explains, by fault and what was seen. */
  readonly explained: Readonly<Record<string, number>>;
  readonly violations: readonly Failure[];
  readonly misrouted: readonly Stray[];
  readonly memory: readonly Growth[];
  readonly descriptors: Growth;
};

const MIB = 1024 * 1024;
/** Files that a worker may have open at rest beyond those it began with: listeners come and go with reloads. */
const AT_REST_SLACK = 6;
const SHOWN = 10;

export function report({
  seed,
  durationMs,
  startedAt,
  incidents,
  tally,
  records,
  samples,
  idle,
  atEnd,
}: Soaked): Report {
  const judged = tally.failures.map((failure) => ({ failure, incident: explain(failure, incidents) }));
  const violations = judged.filter(({ incident }) => incident === undefined).map(({ failure }) => failure);
  const strays = records.filter((record) => 'id' in record);
  const misrouted = strays.filter((stray) => isMisrouted(stray, incidents));
  const checked = records.reduce((sum, record) => sum + ('checked' in record ? record.checked : 0), 0);
  const memory = memoryGrowth(samples);
  const descriptors = descriptorGrowth(samples);
  const atRest = descriptorsAtRest(idle.before, idle.after);
  const { inFlight, tunnels, clientConnections } = atEnd.traffic;
  const checks: Check[] = [
    {
      rule: 'every failure has a fault near it that explains it',
      holds: violations.length === 0,
      evidence: `${violations.length} of ${judged.length} failures have not`,
    },
    {
      rule: 'no request was misrouted',
      holds: misrouted.length === 0 && checked > 0,
      evidence: `${misrouted.length} of ${checked} bound requests that nodes checked`,
    },
    {
      rule: 'every kind of request succeeds',
      holds: KINDS.every((kind) => tally.ok[kind] > 0),
      evidence: KINDS.filter((kind) => tally.ok[kind] === 0).join(', ') || 'all do',
    },
    {
      rule: 'nothing is left in flight at the end',
      holds: isAtRest(atEnd),
      evidence: `${inFlight} in flight, ${tunnels} tunnels, ${clientConnections} client connections, ${atEnd.workers.length} workers`,
    },
    {
      rule: 'memory is flat',
      holds: memory.every(({ flat }) => flat),
      evidence:
        memory.map(({ of, before, after }) => `${of}: ${mib(before)} → ${mib(after)} MiB`).join(', ') ||
        'no process lived long enough to tell',
    },
    {
      rule: 'open files are flat',
      holds: descriptors.flat,
      evidence: `${descriptors.before} → ${descriptors.after}`,
    },
    { rule: 'at rest, open files are as before', holds: atRest.holds, evidence: atRest.evidence },
  ];
  return {
    seed,
    minutes: durationMs / 60_000,
    startedAt,
    holds: checks.every(({ holds }) => holds),
    checks,
    faults: countBy(incidents, ({ fault }) => fault),
    incidents,
    requests: KINDS.map((kind) => figures(kind, tally.ok[kind], judged)),
    explained: countBy(
      judged.filter(({ incident }) => incident !== undefined),
      ({ failure, incident }) => `${incident?.fault}: ${seen(failure)}`,
    ),
    violations,
    misrouted,
    memory,
    descriptors,
  };
}

type Judged = { readonly failure: Failure; readonly incident: unknown };

function figures(kind: Kind, ok: number, judged: readonly Judged[]): KindFigures {
  const own = judged.filter(({ failure }) => failure.kind === kind);
  const explained = own.filter(({ incident }) => incident !== undefined).length;
  return { kind, ok, explained, violations: own.length - explained };
}

/** Workers by their number of files: which of those at the end was which at the beginning is no question. */
function descriptorsAtRest(before: Sample, after: Sample): Pick<Check, 'holds' | 'evidence'> {
  const most = (sample: Sample, role: string): number => {
    return Math.max(0, ...sample.processes.filter((one) => one.role === role).map(({ descriptors }) => descriptors));
  };
  const roles = ['anchor', 'primary', 'worker'].map((role) => ({
    role,
    was: most(before, role),
    is: most(after, role),
  }));
  return {
    holds: roles.every(({ was, is }) => is <= was + AT_REST_SLACK),
    evidence: roles.map(({ role, was, is }) => `${role} ${was} → ${is}`).join(', '),
  };
}

function countBy<T>(values: readonly T[], key: (value: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[key(value)] = (counts[key(value)] ?? 0) + 1;
  return counts;
}

const seen = ({ kind, what, status, code }: Failure): string => {
  return `${kind} ${what === 'status' ? `${status} ${code}`.trim() : what}`;
};

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const mib = (bytes: number): string => (bytes / MIB).toFixed(0);

export function render({
  seed,
  minutes,
  startedAt,
  holds,
  checks,
  faults,
  requests,
  explained,
  violations,
  misrouted,
}: Report): string {
  const table = renderTable([
    ['requests', 'as they should be', 'failed by a fault', 'violations'],
    ...requests.map(({ kind, ...counts }) => [kind, ...[counts.ok, counts.explained, counts.violations].map(String)]),
  ]);
  return [
    `seed ${seed}, ${minutes.toFixed(1)} minutes; faults: ${list(faults)}`,
    table,
    ['failed by a fault:', ...Object.entries(explained).map(([what, count]) => `  ${count} × ${what}`)].join('\n'),
    checks.map(({ rule, holds, evidence }) => `  ${holds ? 'holds ' : 'BROKEN'}  ${rule}: ${evidence}`).join('\n'),
    ...shown(
      'violations',
      violations.map((violation) => describeViolation(violation, startedAt)),
    ),
    ...shown(
      'misrouted',
      misrouted.map(({ id, at, session, whose }) => `${id} of ${session} after ${seconds(at - startedAt)}: ${whose}`),
    ),
    holds ? 'All holds.' : `BROKEN; the same faults again: npm run soak -- --seed ${seed} --minutes ${minutes}`,
  ].join('\n\n');
}

const list = (counts: Readonly<Record<string, number>>): string => {
  return Object.entries(counts)
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ');
};

function shown(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > SHOWN ? [`  and ${lines.length - SHOWN} more`] : [];
  return [[`${title}:`, ...lines.slice(0, SHOWN).map((line) => `  ${line}`), ...more].join('\n')];
}

function describeViolation(failure: Failure, startedAt: number): string {
  const { id, session, from, until, detail } = failure;
  const of = session === undefined ? '' : ` bound to ${session.node}`;
  const when = `from ${seconds(from - startedAt)} to ${seconds(until - startedAt)}`;
  return `${id}${of}, ${when}: ${seen(failure)}: ${detail.slice(0, 200)}`;
}
