/** For what no event tells across processes: asks again until the answer is as expected. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two questions: asking without a pause would take the processor from those who are waited for. */
const PAUSE_MS = 20;

/** @param meanwhile what to do in the place of the pause */
export async function until<T>(
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  meanwhile: () => Promise<unknown> = () => sleep(PAUSE_MS),
): Promise<T> {
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    await meanwhile();
  }
}
