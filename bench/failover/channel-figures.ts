/** What became of the bound clients: who was told that the node is away, when, in which words, and who got on. */
import type { ChannelEvent, ChannelKind } from './load/channel.ts';
import type { Trial } from './trial.ts';

export type ChannelFigures = {
  /** Channels on struck nodes, and how many of them were closed or answered before their clients gave up. */
  readonly bound: number;
  readonly told: number;
  /** From the fault to the first and the last that was told; undefined when none was. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** Channels on other nodes that were broken all the same. */
  readonly healthyCut: number;
};

export type RefusalFigures = {
  /** Refusals that clients of struck nodes got, by status and code. */
  readonly words: Readonly<Record<string, number>>;
  /** Of `session_lost`: those whose cookie was not expired, and those whose next creation failed. */
  readonly cookieKept: number;
  readonly createFailed: number;
  /** Channels of struck nodes with a new session, and when the last had it, from the fault. */
  readonly resumed: number;
  readonly resumedMs: number | undefined;
  /** When `session_lost` was said, from the fault, and to how many that had not been told `node_unreachable` before. */
  readonly lostFirstMs: number | undefined;
  readonly lostLastMs: number | undefined;
  readonly lostUnannounced: number;
};

type Struck = (node: string) => boolean;

export function channelFigures(trial: Trial, kind: ChannelKind, struck: Struck): ChannelFigures {
  const histories = [...historiesOf(trial).values()].filter((history) => history[0]?.kind === kind);
  const bound = histories.filter((history) => struck(nodeBefore(history, trial.struckAt)));
  const breaks = bound.map((history) => firstBreak(history, trial.struckAt)).filter((one) => one !== undefined);
  const toldAt = breaks.filter(({ what }) => what !== 'mute').map(({ at }) => at - trial.struckAt);
  return {
    bound: bound.length,
    told: toldAt.length,
    firstMs: toldAt.length === 0 ? undefined : Math.min(...toldAt),
    lastMs: toldAt.length === 0 ? undefined : Math.max(...toldAt),
    healthyCut: histories
      .filter((history) => !struck(nodeBefore(history, trial.struckAt)))
      .filter((history) => firstBreak(history, trial.struckAt) !== undefined).length,
  };
}

export function refusalFigures(trial: Trial, struck: Struck): RefusalFigures {
  const bound = [...historiesOf(trial).values()].filter((history) => struck(nodeBefore(history, trial.struckAt)));
  const later = bound.map((history) => history.filter(({ at }) => at >= trial.struckAt));
  const words: Record<string, number> = {};
  const lostMs: number[] = [];
  let cookieKept = 0;
  let createFailed = 0;
  let lostUnannounced = 0;
  for (const history of later) {
    let announced = false;
    for (const [index, event] of history.entries()) {
      if (event.what !== 'refused') continue;
      const word = `${event.status} ${event.code}`.trim();
      words[word] = (words[word] ?? 0) + 1;
      if (event.code === 'node_unreachable') announced = true;
      if (event.code !== 'session_lost') continue;
      lostMs.push(event.at - trial.struckAt);
      if (!announced) lostUnannounced++;
      if (!event.cookieExpired) cookieKept++;
      if (history[index + 1]?.what === 'not-created') createFailed++;
    }
  }
  const resumed = later.map((history) => history.findLast(({ what }) => what === 'created')).filter(isEvent);
  const resumedMs = resumed.length === 0 ? undefined : Math.max(...resumed.map(({ at }) => at - trial.struckAt));
  return {
    words,
    cookieKept,
    createFailed,
    resumed: resumed.length,
    resumedMs,
    lostFirstMs: lostMs.length === 0 ? undefined : Math.min(...lostMs),
    lostLastMs: lostMs.length === 0 ? undefined : Math.max(...lostMs),
    lostUnannounced,
  };
}

/** Channels that no fault struck and that started a new session all the same. */
export function healthyLost(trial: Trial, struck: Struck): number {
  return [...historiesOf(trial).values()]
    .filter((history) => !struck(nodeBefore(history, trial.struckAt)))
    .filter((history) => history.some(({ at, what }) => at >= trial.struckAt && what === 'created')).length;
}

const isEvent = (event: ChannelEvent | undefined): event is ChannelEvent => event !== undefined;

function historiesOf({ events }: Trial): Map<string, ChannelEvent[]> {
  const histories = new Map<string, ChannelEvent[]>();
  for (const event of events) {
    const history = histories.get(event.channel);
    if (history === undefined) histories.set(event.channel, [event]);
    else history.push(event);
  }
  return histories;
}

/** The node that the channel was on when the fault struck. */
function nodeBefore(history: readonly ChannelEvent[], struckAt: number): string {
  return history.findLast(({ at }) => at < struckAt)?.node ?? '';
}

function firstBreak(history: readonly ChannelEvent[], struckAt: number): ChannelEvent | undefined {
  return history.find(({ at, what }) => at >= struckAt && (what === 'cut' || what === 'refused' || what === 'mute'));
}
