/** What this proxy must hold under each fault: one table of rules, each judged from the figures, with its evidence. */
import type { ChannelFigures } from './channel-figures.ts';
import type { Figures } from './measure.ts';
import { SHORT_GRACE_MS } from './node-faults.ts';
import { SHORT_SHUTDOWN_MS } from './proxy-faults.ts';

export type Check = { readonly rule: string; readonly holds: boolean; readonly evidence: string };
type Rule = (figures: Figures) => Check;

const UNREACHABLE = '503 node_unreachable';
const LOST = '503 session_lost';

const KILLED_DETECTED_MS = 100;
const HUNG_DETECTED_MS = 1_000;
const HUNG_SLOWEST_MS = 1_500;
/**
 * `health.outliers.hung` with its default, a look-up that is not answered within `health.timeout`, and half a second.
 */
const DEAF_DETECTED_MS = 3_000;
const CLOSED_AFTER_DETECTION_MS = 1_000;
const NODES_BACK_MS = 2_000;
/** After the grace: until a client that asks every 250 ms has been told, detection included. */
const TOLD_AFTER_GRACE_MS = 1_000;
/** Until a proxy that is started anew serves: two processes after one another, and a poll. */
const PROXY_BACK_MS = 5_000;
/** After `timeouts.shutdown`. */
const WORKERS_GONE_AFTER_MS = 1_000;
const STORE_BACK_MS = 5_000;
/** An ejection after these is damped. */
const MOST_READMISSIONS = 2;
const LIVE_SLOWEST_MS = 1_000;

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
  rule: 'no channel of the node is broken',
  holds: polls.told + sockets.told === 0,
  evidence: `${polls.told} polls, ${sockets.told} WebSockets`,
});

/** The first that the node has a part in may be what tells. */
const detectedAtOnceOrWithin =
  (ms: number): Rule =>
  ({ detectionMs, touched }) => ({
    rule: `detected within one request or ${ms} ms`,
    holds: touched <= 1 || (detectionMs !== undefined && detectionMs <= ms),
    evidence: `${touched} touched${touched === 0 ? '' : `, the last after ${detectionMs ?? '–'} ms`}`,
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

const lostAreTold: Rule = ({ polls, sockets, refusals: { words, resumed, cookieKept } }) => ({
  rule: 'every lost session is told lost, its cookie expired',
  holds: resumed === polls.bound + sockets.bound && (words[LOST] ?? 0) >= resumed && cookieKept === 0,
  evidence:
    `${words[LOST] ?? 0} told, ${cookieKept} cookies kept, ` +
    `${resumed} of ${polls.bound + sockets.bound} with a new session`,
});

const nextCreationSucceeds: Rule = ({ refusals: { createFailed } }) => ({
  rule: 'after session_lost the next creation succeeds',
  holds: createFailed === 0,
  evidence: `${createFailed} failed`,
});

const lostAfterGrace: Rule = ({ refusals: { lostFirstMs, lostLastMs, lostUnannounced } }) => ({
  rule: `node_unreachable for ${SHORT_GRACE_MS} ms, then session_lost`,
  holds:
    lostUnannounced === 0 &&
    lostFirstMs !== undefined &&
    lostFirstMs >= SHORT_GRACE_MS &&
    (lostLastMs ?? 0) <= SHORT_GRACE_MS + TOLD_AFTER_GRACE_MS,
  evidence: `lost after ${lostFirstMs ?? '–'} to ${lostLastMs ?? '–'} ms, ${lostUnannounced} unannounced`,
});

const noHealthySessionLost: Rule = ({ healthyLost }) => ({
  rule: 'no session of another node is given up',
  holds: healthyLost === 0,
  evidence: `${healthyLost} were`,
});

const damped: Rule = ({ readmissions }) => ({
  rule: `let back in at most ${MOST_READMISSIONS} times`,
  holds: readmissions <= MOST_READMISSIONS,
  evidence: `${readmissions} times`,
});

const proxyBack: Rule = ({ unservedMs, gets, creations }) => ({
  rule: `serves again within ${PROXY_BACK_MS} ms`,
  holds: unservedMs <= PROXY_BACK_MS,
  evidence: `after ${unservedMs} ms; ${gets.failed} GETs failed (${counts(gets.causes)}), ${creations.failed} creations`,
});

const nothingFailsAfter: Rule = ({ failedAfter }) => ({
  rule: 'no GET and no creation fails once it is back',
  holds: failedAfter === 0,
  evidence: `${failedAfter} did`,
});

const workersEnd: Rule = ({ findings: { workersGoneMs } }) => ({
  rule: `workers of a proxy that is gone end within ${SHORT_SHUTDOWN_MS + WORKERS_GONE_AFTER_MS} ms`,
  holds: workersGoneMs !== undefined && workersGoneMs <= SHORT_SHUTDOWN_MS + WORKERS_GONE_AFTER_MS,
  evidence: workersGoneMs === undefined ? 'not until the end of the trial' : `the last after ${workersGoneMs} ms`,
});

const ordersKept: Rule = ({ findings }) => ({
  rule: 'a node that was draining still is',
  holds: findings.ordersKept === true,
  evidence: findings.ordersKept === true ? 'it is' : 'it is not',
});

const creationsRefused: Rule = ({ creations }) => ({
  rule: 'creations are refused with 503, not left waiting',
  holds: Object.keys(creations.causes).every((cause) => cause.startsWith('503 ')),
  evidence: `${creations.failed} of ${creations.sent} (${counts(creations.causes)})`,
});

const liveGoesOn: Rule = ({ messages }) => ({
  rule: `live messages go on, none waits over ${LIVE_SLOWEST_MS} ms`,
  holds: messages.sent > 0 && messages.failed === 0 && messages.slowestMs <= LIVE_SLOWEST_MS,
  evidence: `${messages.failed} of ${messages.sent} failed (${counts(messages.causes)}), slowest ${messages.slowestMs} ms`,
});

const storeBackWithin: Rule = ({ recoveryMs }) => ({
  rule: `creations succeed again within ${STORE_BACK_MS} ms`,
  holds: recoveryMs !== undefined && recoveryMs <= STORE_BACK_MS,
  evidence: recoveryMs === undefined ? 'never' : `after ${recoveryMs} ms`,
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

const always = [noWrongNode, healthyUntouched, noHealthySessionLost];
const lost = [notRehomed, lostAreTold, onlyWords(UNREACHABLE, LOST), nextCreationSucceeds];
const closedAfter = (detectedMs: number): Rule[] =>
  (['polls', 'sockets'] as const).map((what) => toldWithin(what, detectedMs + CLOSED_AFTER_DETECTION_MS));
const stalled = [noGetFails, slowestWithin(HUNG_SLOWEST_MS), detectedWithin(HUNG_DETECTED_MS)];
const gone = [
  noGetFails,
  detectedAtOnceOrWithin(KILLED_DETECTED_MS),
  creationsOnlyExcused,
  ...closedAfter(KILLED_DETECTED_MS),
];

const succeeded = [noGetFails, creationsOnlyExcused, ordersKept, ...always];

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  killed: [...gone, ...lost, ...always],
  lost: [...gone, ...lost, lostAfterGrace, ...always],
  hung: [...stalled, ...closedAfter(HUNG_DETECTED_MS), onlyWords(UNREACHABLE), ...always],
  'black-holed': [...stalled, ...closedAfter(HUNG_DETECTED_MS), onlyWords(UNREACHABLE), ...always],
  paused: [noGetFails, slowestWithin(HUNG_SLOWEST_MS), nothingCut, ...always],
  slow: [noGetFails, creationsOnlyExcused, nothingCut, ...always],
  resetting: [creationsOnlyExcused, ...always],
  refusing: [...gone, onlyWords(UNREACHABLE), ...always],
  errors: always,
  deaf: [noGetFails, slowestWithin(HUNG_SLOWEST_MS), detectedWithin(DEAF_DETECTED_MS), ...always],
  restarted: [noGetFails, creationsOnlyExcused, ...lost, ...always],
  'all-down': [onlyToldFailures, backWithin, noWrongNode, ...lost],
  flapping: [noGetFails, creationsOnlyExcused, damped, ...always],
  'worker-killed': [noGetFailsLate, noWrongNode, noHealthySessionLost],
  'primary-killed': [...succeeded],
  upgraded: [...succeeded],
  'proxy-killed': [proxyBack, nothingFailsAfter, workersEnd, ordersKept, noWrongNode, noHealthySessionLost],
  'redis-gone': [noGetFails, creationsRefused, liveGoesOn, healthyUntouched, noHealthySessionLost, storeBackWithin],
};

/** The rules for a fault, judged. A fault without rules of its own has none to break. */
export function judge(fault: string, figures: Figures): Check[] {
  return (RULES[fault] ?? []).map((rule) => rule(figures));
}
