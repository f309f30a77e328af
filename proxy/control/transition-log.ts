/** One line of the program's log for each change of a node's state. */
import type { Logger } from '../observe/log.ts';
import type { NodeTransition } from '../pool/poller.ts';

export function logTransition(
  logger: Logger,
  { node, from, to, reason, sinceMs, damped, forMs, why }: NodeTransition,
): void {
  const level = to === 'down' || reason === 'errors' ? 'warn' : 'info';
  const facts = { node, from, to, reason, sinceMs, ...damped, ...(forMs !== undefined && { forMs }) };
  const what = from === to ? 'restarted' : `goes from ${from} to ${to}`;
  const flaps = damped ? `, and flaps: it needs ${damped.successesNeeded} successes to come back` : '';
  logger[level](facts, `node ${node} ${what}${flaps}${why === undefined ? (WHY[reason] ?? '') : `: ${why}`}`);
}

const WHY: Readonly<Partial<Record<NodeTransition['reason'], string>>> = {
  errors: ': it answers with errors only',
  trial: ': it may show whether it is well again',
  withdrawn: ': it is found no more',
  found: ': it is found again',
  hung: ': it answers its health polls and nothing else',
};
