/** Figures as tables for people: one for each fault, contenders below each other, then what must hold. */
import { renderTable } from '../harness/report.ts';
import type { ChannelFigures } from './channel-figures.ts';
import type { Facts } from './fault.ts';
import type { Figures } from './measure.ts';
import type { Check } from './must-hold.ts';

/** `checks`: of this proxy; undefined for a peer. */
export type Result = {
  readonly contender: string;
  readonly figures: Figures;
  readonly checks: readonly Check[] | undefined;
};
export type FaultReport = {
  readonly fault: string;
  readonly summary: string;
  readonly strikes: Facts['strikes'];
  /** Why it was left out; then there are no results. */
  readonly skipped: string | undefined;
  readonly results: readonly Result[];
};

const HEAD = [
  'contender',
  'GETs failed',
  'slowest ms',
  'creates failed',
  'polls told, ms',
  'WebSockets closed, ms',
  'wrong node',
  'later instance',
  'detected ms',
  'recovered ms',
  'unserved ms',
  'must hold',
];

/** Everything that must hold and was judged does. */
export function allHold(reports: readonly FaultReport[]): boolean {
  return reports.every(({ results }) => results.every(({ checks }) => checks?.every(({ holds }) => holds) ?? true));
}

export function renderReport({ fault, summary, strikes, skipped, results }: FaultReport): string {
  if (skipped !== undefined) return `${fault}: skipped, ${skipped}`;
  const table = renderTable([HEAD, ...results.map((result) => row(result, strikes))]);
  const checks = results.flatMap((result) => result.checks?.map(renderCheck) ?? []);
  return [`${fault}: ${summary}`, table, ...(checks.length === 0 ? [] : [checks.join('\n')])].join('\n\n');
}

function row({ contender, figures, checks }: Result, strikes: Facts['strikes']): string[] {
  const { gets, creations, polls, sockets, wrongNode, laterInstance, detectionMs, recoveryMs, unservedMs } = figures;
  return [
    contender,
    `${gets.failed}/${gets.sent}`,
    String(gets.slowestMs),
    `${creations.failed}/${creations.sent}`,
    channels(polls),
    channels(sockets),
    String(wrongNode),
    String(laterInstance),
    strikes === 'victim' ? String(detectionMs ?? 'never') : '–',
    strikes === 'none' ? '–' : String(recoveryMs ?? 'never'),
    String(unservedMs),
    checks === undefined ? '' : `${checks.filter(({ holds }) => holds).length}/${checks.length}`,
  ];
}

/** `10/10 120–450`: told, of those bound to struck nodes, first and last. */
function channels({ bound, told, firstMs, lastMs }: ChannelFigures): string {
  if (bound === 0) return '–';
  return told === 0 ? `0/${bound}` : `${told}/${bound} ${firstMs}–${lastMs}`;
}

function renderCheck({ rule, holds, evidence }: Check): string {
  return `  ${holds ? 'holds ' : 'BROKEN'}  ${rule}: ${evidence}`;
}
