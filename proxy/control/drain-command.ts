/** `cobrowse-proxy drain`, `ready` and `maintenance`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DEADLINE_PASSED, DONE, FAILED } from '../anchor/exit-codes.ts';
import type { AdminClient, AdminFailure, NodeAnswer } from './admin-client.ts';
import type { Progress } from './progress.ts';

const LOOK_INTERVAL_MS = 1000;
/** How long the proxy may be away while a drain is watched: it may just be restarted, and remembers. */
const PATIENCE_MS = 10_000;

export interface DrainOptions {
  /** As the configuration writes durations. */
  readonly deadline?: string | undefined;
  readonly wait: boolean;
}

export async function orderNode(
  client: AdminClient,
  name: string,
  order: 'ready' | 'maintenance',
  progress: Progress,
): Promise<number> {
  const result = await client.order(name, order);
  if (result.kind !== 'ok') return refuse(result, progress);
  progress.say(order === 'ready' ? `${name} is ready: ${result.answer.state}` : `${name} is in maintenance`);
  warnUnlessPersisted(result.answer, progress);
  return DONE;
}

export async function drainNode(
  client: AdminClient,
  name: string,
  { deadline, wait }: DrainOptions,
  progress: Progress,
  lookIntervalMs = LOOK_INTERVAL_MS,
): Promise<number> {
  const result = await client.order(name, 'drain', deadline);
  if (result.kind !== 'ok') return refuse(result, progress);
  warnUnlessPersisted(result.answer, progress);
  if (wait) return watchDrain(client, name, result.answer, progress, lookIntervalMs);
  progress.say(`${name} is draining: ${leftOn(result.answer)}`);
  return DONE;
}

async function watchDrain(
  client: AdminClient,
  name: string,
  first: NodeAnswer,
  progress: Progress,
  lookIntervalMs: number,
): Promise<number> {
  let heardAt = performance.now();
  let node = first;
  for (;;) {
    const { operator } = node;
    if (operator.state === 'ready') return fail(`${name} is ready again: somebody ended the drain`, progress);
    if (operator.drained) {
      progress.say(`${name} is drained`);
      return DONE;
    }
    if (operator.state === 'maintenance') {
      progress.say(`${name} is in maintenance with ${leftOn(node)}`);
      return DEADLINE_PASSED;
    }
    progress.show(`${name} is draining: ${leftOn(node)}`, timeLeft(operator.deadline));
    await sleep(lookIntervalMs);
    const result = await client.node(name);
    if (result.kind === 'ok') {
      node = result.answer;
      heardAt = performance.now();
    } else if (result.kind === 'refused' || performance.now() - heardAt > PATIENCE_MS) return refuse(result, progress);
  }
}

function leftOn({ operator, sessions }: NodeAnswer): string {
  if (operator.state === 'ready') return 'nothing left';
  const what = sessions === null ? 'connection' : 'session';
  return `${operator.remaining} ${what}${operator.remaining === 1 ? '' : 's'} left`;
}

function timeLeft(deadline: string | null): string {
  if (deadline === null) return '';
  return `, ${Math.max(0, Math.round((Date.parse(deadline) - Date.now()) / 1000))} s to the deadline`;
}

function warnUnlessPersisted({ persisted, operator }: NodeAnswer, progress: Progress): void {
  if (persisted === false && operator.state !== 'ready')
    progress.warn('a restart of the proxy would make it ready again: there is no stateFile');
}

function refuse({ message }: AdminFailure, progress: Progress): number {
  return fail(message, progress);
}

function fail(message: string, progress: Progress): number {
  progress.warn(message);
  return FAILED;
}
