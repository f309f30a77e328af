/** For what no event tells: resolves as soon as the condition holds, looking again each millisecond. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1);
}
