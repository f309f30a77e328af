/** From what was seen to figures. Where requests went is known from the nodes' own records. */
import {
  type ChannelFigures,
  channelFigures,
  healthyLost,
  type RefusalFigures,
  refusalFigures,
} from './channel-figures.ts';
import type { Findings } from './fault.ts';
import type { Sample } from './load/open-loop.ts';
import type { Trial } from './trial.ts';

export type StreamFigures = {
  readonly sent: number;
  readonly failed: number;
  readonly slowestMs: number;
  /** Failures by what the client saw: `503 node_unreachable`, `reset`, `timeout`. */
  readonly causes: Readonly<Record<string, number>>;
};

export type Figures = {
  readonly gets: StreamFigures;
  /** `excused`: failed, and may have reached the struck node, so that nobody could send them again. */
  readonly creations: StreamFigures & { readonly excused: number };
  readonly polls: ChannelFigures;
  readonly sockets: ChannelFigures;
  readonly refusals: RefusalFigures;
  /** Of live channels. */
  readonly messages: StreamFigures;
  /** Channels on other nodes that started a new session all the same. */
  readonly healthyLost: number;
  /** Bound requests that arrived at another node, and at a later instance of their own. */
  readonly wrongNode: number;
  readonly laterInstance: number;
  /** From the fault to the last unbound request that it touched; undefined: it went on until the end. */
  readonly detectionMs: number | undefined;
  /** How many that were due during the fault it touched. */
  readonly touched: number;
  /** How often the struck node, left alone by unbound requests for a while, got some again during the fault. */
  readonly readmissions: number;
  /** From the end of the fault to the next unbound request that the node got, or that succeeded; undefined: none. */
  readonly recoveryMs: number | undefined;
  /** The longest time, from the fault on, in which no GET was answered with 2xx. */
  readonly unservedMs: number;
  /** Failed GETs that were due later than `IN_FLIGHT_MS` after the fault, and GETs and creations after its end. */
  readonly failedLate: number;
  readonly failedAfter: number;
  readonly findings: Findings;
};

/** Later by this than the slowest healthy request: it waited for the struck node. */
const LATE_MS = 500;
/** Requests this close to the fault may have been on their way to the node already. */
const IN_FLIGHT_MS = 100;
/** A fault that was felt this short before its end was never detected. */
const NEVER_MS = 400;
/** Without unbound requests for so long, a node is not balanced to. */
const LEFT_ALONE_MS = 350;

export function measure(trial: Trial): Figures {
  const { struckAt, samples, arrivals, victim, fault } = trial;
  const after = samples.filter(({ end }) => end >= struckAt);
  const gets = after.filter(({ kind }) => kind === 'get');
  const creations = after.filter(({ kind }) => kind === 'create');
  const struck = (node: string): boolean => fault.strikes === 'all' || (fault.strikes === 'victim' && node === victim);
  const reached = new Set(arrivals.filter(({ node }) => struck(node)).map(({ id }) => id));
  const excused = creations.filter((one) => one.outcome !== 'ok' && (reached.has(one.id) || isInFlight(one, trial)));
  const hits = touched(trial, reached);
  return {
    gets: streamFigures(gets),
    creations: { ...streamFigures(creations), excused: excused.length },
    polls: channelFigures(trial, 'poll', struck),
    sockets: channelFigures(trial, 'socket', struck),
    refusals: refusalFigures(trial, struck),
    messages: streamFigures(after.filter(({ kind }) => kind === 'message')),
    healthyLost: healthyLost(trial, struck),
    wrongNode: arrivals.filter(({ whose }) => whose === 'foreign').length,
    laterInstance: arrivals.filter(({ whose }) => whose === 'earlier').length,
    detectionMs: fault.strikes === 'victim' ? detection(trial, hits) : undefined,
    touched: hits.length,
    readmissions: readmissions(trial, reached),
    recoveryMs: recovery(trial, reached),
    unservedMs: unserved(gets, struckAt),
    failedLate: gets.filter((one) => one.outcome !== 'ok' && !isInFlight(one, trial)).length,
    failedAfter: [...gets, ...creations].filter(({ due, outcome }) => outcome !== 'ok' && due >= trial.backAt).length,
    findings: trial.findings,
  };
}

function streamFigures(samples: readonly Sample[]): StreamFigures {
  const failures = samples.filter(({ outcome }) => outcome !== 'ok');
  const causes: Record<string, number> = {};
  for (const { outcome, status, code } of failures) {
    const cause = outcome === 'status' ? `${status} ${code}`.trim() : outcome;
    causes[cause] = (causes[cause] ?? 0) + 1;
  }
  const slowestMs = samples.reduce((slowest, { due, end }) => Math.max(slowest, end - due), 0);
  return { sent: samples.length, failed: failures.length, slowestMs: Math.round(slowestMs), causes };
}

const isInFlight = ({ due }: Sample, { struckAt }: Trial): boolean => due < struckAt + IN_FLIGHT_MS;

/** When the unbound requests that the fault touched were due, from the fault. */
function touched(trial: Trial, reached: ReadonlySet<string>): number[] {
  const { samples, struckAt, healingAt, fault } = trial;
  const healthy = samples
    .filter(({ end }) => end < struckAt)
    .reduce((most, { due, end }) => Math.max(most, end - due), 0);
  const waited = ({ due, end }: Sample): boolean => fault.unread === true && end - due > healthy + LATE_MS;
  return samples
    .filter(({ due }) => due >= struckAt && due < healingAt)
    .filter((one) => reached.has(one.id) || one.outcome !== 'ok' || waited(one))
    .map(({ due }) => due - struckAt);
}

function detection({ struckAt, healingAt }: Trial, hits: readonly number[]): number | undefined {
  const last = hits.reduce((most, at) => Math.max(most, at), 0);
  return struckAt + last > healingAt - NEVER_MS ? undefined : Math.round(last);
}

function readmissions({ samples, struckAt, healingAt }: Trial, reached: ReadonlySet<string>): number {
  const taken = samples
    .filter(({ id, due }) => reached.has(id) && due >= struckAt + IN_FLIGHT_MS && due < healingAt)
    .map(({ due }) => due)
    .toSorted((a, b) => a - b);
  return taken.filter((due, index) => due - (taken[index - 1] ?? struckAt) > LEFT_ALONE_MS).length;
}

function recovery({ samples, backAt, fault }: Trial, reached: ReadonlySet<string>): number | undefined {
  if (fault.strikes === 'none') return undefined;
  const first = samples
    .filter(({ due, outcome }) => due >= backAt && outcome === 'ok')
    // Without a store, creations are what fails.
    .filter(({ id, kind }) => (fault.strikes === 'store' ? kind === 'create' : reached.has(id)))
    .reduce((least, { due }) => Math.min(least, due), Number.POSITIVE_INFINITY);
  return Number.isFinite(first) ? Math.round(first - backAt) : undefined;
}

function unserved(gets: readonly Sample[], struckAt: number): number {
  const last = gets.reduce((most, { end }) => Math.max(most, end), struckAt);
  const answered = gets.filter(({ outcome }) => outcome === 'ok').map(({ end }) => end);
  const moments = [struckAt, ...answered.toSorted((a, b) => a - b), last];
  return Math.round(moments.reduce((most, at, index) => Math.max(most, at - (moments[index - 1] ?? at)), 0));
}
