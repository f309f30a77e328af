/** What this proxy must hold under each fault: one table of rules, each judged from the figures, with its evidence. */
import type { ChannelFigures } from './channel-figures.ts';
import type { Figures } from './measure.ts';

export type Check = { readonly rule: string; readonly holds: boolean; readonly evidence: string };
type Rule = (figures: Figures) => Check;

const KILLED_DETECTED_MS = 100;
const HUNG_DETECTED_MS = 1_000;
const HUNG_SLOWEST_MS = 1_500;
const CLOSED_AFTER_DETECTION_MS = 1_000;
const NODES_BACK_MS = 2_000;

const counts = (all: Readonly<Record<string, number>>): string =>
  Object.entries(all)
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ') || 'none';

const noGetFails: Rule = ({ gets }) => ({
  rule: 'no unbound GET fails',
  holds: gets.failed === 0,
  evidence: `${gets.failed} of ${gets.sent} (${counts(gets.causes)})`,
});

const noGetFailsLate: Rule = ({ failedLate, gets }) => ({
  rule: 'no unbound GET fails but those on their way',
  holds: failedLate === 0,
  evidence: `${failedLate} of ${gets.sent} (${counts(gets.causes)})`,
});

const creationsOnlyExcused: Rule = ({ creations }) => ({
  rule: 'no creation fails but those that may have reached the node',
  holds: creations.failed === creations.excused,
  evidence: `${creations.failed} failed, ${creations.excused} of them excused (${counts(creations.causes)})`,
});

const noWrongNode: Rule = ({ wrongNode }) => ({
  rule: 'no bound request reaches another node',
  holds: wrongNode === 0,
  evidence: `${wrongNode} did`,
});

const notRehomed: Rule = ({ laterInstance }) => ({
  rule: "no bound request reaches a later instance of its node's",
  holds: laterInstance === 0,
  evidence: `${laterInstance} did`,
});

const healthyUntouched: Rule = ({ polls, sockets }) => ({
  rule: 'no channel of another node is broken',
  holds: polls.healthyCut + sockets.healthyCut === 0,
  evidence: `${polls.healthyCut} polls, ${sockets.healthyCut} WebSockets`,
});

const nothingCut: Rule = ({ polls, sockets }) => ({
  rule: 'no channel of the slow node is broken',
  holds: polls.told + sockets.told === 0,
  evidence: `${polls.told} polls, ${sockets.told} WebSockets`,
});

const detectedWithin =
  (ms: number): Rule =>
  ({ detectionMs }) => ({
    rule: `detected within ${ms} ms`,
    holds: detectionMs !== undefined && detectionMs <= ms,
    evidence: detectionMs === undefined ? 'never' : `${detectionMs} ms`,
  });

const slowestWithin =
  (ms: number): Rule =>
  ({ gets }) => ({
    rule: `no unbound GET waits over ${ms} ms`,
    holds: gets.slowestMs <= ms,
    evidence: `slowest ${gets.slowestMs} ms`,
  });

const toldWithin =
  (what: 'polls' | 'sockets', ms: number): Rule =>
  (figures) => {
    const { bound, told, lastMs }: ChannelFigures = figures[what];
    return {
      rule: `${what === 'polls' ? 'long polls are told' : 'WebSockets are closed'} within ${ms} ms`,
      holds: told === bound && (lastMs ?? 0) <= ms,
      evidence: `${told} of ${bound}, last after ${lastMs ?? '–'} ms`,
    };
  };

/** Every word that a bound client of a struck node may hear. */
const onlyWords =
  (...allowed: readonly string[]): Rule =>
  ({ refusals }) => ({
    rule: `bound clients hear only ${allowed.map((word) => word.slice(4)).join(', ')}`,
    holds: Object.keys(refusals.words).every((word) => allowed.includes(word)),
    evidence: counts(refusals.words),
  });

const lostAreTold: Rule = ({ polls, sockets, refusals }) => ({
  rule: 'every lost session is told lost, its cookie expired, the next creation succeeds',
  holds:
    refusals.resumed === polls.bound + sockets.bound &&
    (refusals.words['503 session_lost'] ?? 0) >= refusals.resumed &&
    refusals.cookieKept + refusals.createFailed === 0,
  evidence:
    `${refusals.words['503 session_lost'] ?? 0} told, ${refusals.cookieKept} cookies kept, ` +
    `${refusals.createFailed} creations failed, ${refusals.resumed} of ${polls.bound + sockets.bound} with a new session`,
});

const onlyToldFailures: Rule = ({ gets }) => ({
  rule: 'GETs that no node can take are refused, not left waiting',
  holds: (gets.causes.timeout ?? 0) === 0,
  evidence: counts(gets.causes),
});

const backWithin: Rule = ({ recoveryMs }) => ({
  rule: `served again within ${NODES_BACK_MS} ms`,
  holds: recoveryMs !== undefined && recoveryMs <= NODES_BACK_MS,
  evidence: recoveryMs === undefined ? 'never' : `${recoveryMs} ms`,
});

const UNREACHABLE = '503 node_unreachable';
const LOST = '503 session_lost';
const always = [noWrongNode, healthyUntouched];
const lost = [notRehomed, lostAreTold, onlyWords(UNREACHABLE, LOST)];
const closedAfter = (detectedMs: number): Rule[] =>
  (['polls', 'sockets'] as const).map((what) => toldWithin(what, detectedMs + CLOSED_AFTER_DETECTION_MS));
const stalled = [noGetFails, slowestWithin(HUNG_SLOWEST_MS), detectedWithin(HUNG_DETECTED_MS)];
const gone = [noGetFails, detectedWithin(KILLED_DETECTED_MS), creationsOnlyExcused, ...closedAfter(KILLED_DETECTED_MS)];

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  killed: [...gone, ...lost, ...always],
  hung: [...stalled, ...closedAfter(HUNG_DETECTED_MS), onlyWords(UNREACHABLE), ...always],
  slow: [noGetFails, creationsOnlyExcused, nothingCut, ...always],
  resetting: [creationsOnlyExcused, ...always],
  refusing: [...gone, onlyWords(UNREACHABLE), ...always],
  errors: always,
  deaf: [...stalled, ...always],
  restarted: [noGetFails, creationsOnlyExcused, ...lost, ...always],
  'all-down': [onlyToldFailures, backWithin, noWrongNode, notRehomed],
  flapping: [noGetFails, creationsOnlyExcused, ...always],
  'worker-killed': [noGetFailsLate, noWrongNode],
};

/** The rules for a fault, judged. A fault without rules of its own has none to break. */
export function judge(fault: string, figures: Figures): Check[] {
  return (RULES[fault] ?? []).map((rule) => rule(figures));
}
