/** The failover report as the admin listener shows it. Times are ISO 8601, `…Ms` milliseconds; null is "none". */
import type { Incident } from '../observe/incident.ts';
import { isoTime } from '../observe/iso-time.ts';
import type { TimelineEvent } from '../observe/session-timeline.ts';
import type { SessionReport } from './failover-report.ts';

/** As a reader of the JSON gets it: see `Incident`. */
export interface IncidentAnswer {
  readonly id: number;
  readonly kind: Incident['kind'];
  readonly node: string | null;
  readonly cause: Incident['cause'];
  readonly startedAt: string;
  readonly detectionMs: number | null;
  readonly recoveredAt: string | null;
  readonly durationMs: number | null;
  readonly sessions: number | null;
  readonly sessionsLost: number;
  readonly requestsFailed: number;
  readonly requestsRetried: number;
  readonly tunnelsClosed: number;
}

export function incidentAnswer(incident: Incident): IncidentAnswer {
  const { node, startedAt, detectionMs, recoveredAt, durationMs, sessions } = incident;
  return {
    ...incident,
    node: node || null,
    startedAt: isoTime(startedAt),
    detectionMs: detectionMs ?? null,
    recoveredAt: recoveredAt === undefined ? null : isoTime(recoveredAt),
    durationMs: durationMs ?? null,
    sessions: sessions ?? null,
  };
}

export type SessionAnswer = ReturnType<typeof sessionAnswer>;

export function sessionAnswer({ session, owner, node, events, forgotten, incidents, silentWorkers }: SessionReport) {
  return {
    session,
    owner: owner === undefined ? null : { ...owner, since: isoTime(owner.since), state: node?.state ?? null },
    events: events.map(eventAnswer),
    forgotten,
    incidents: incidents.map(incidentAnswer),
    silentWorkers,
  };
}

function eventAnswer({ pid, at, durationMs, node, by, verdict, error, ...facts }: TimelineEvent) {
  return {
    at: isoTime(at),
    durationMs: durationMs < 0 ? null : Math.round(durationMs * 1000) / 1000,
    worker: pid,
    node: node || null,
    by: by || null,
    verdict: verdict || null,
    error: error || null,
    ...facts,
  };
}
