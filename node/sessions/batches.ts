/** Work on many things over a store: some at a time, since each waits for an answer that must come in time. */

const BATCH = 64;

/** Resolves when all are done; a failure is told and does not keep the others. */
export async function inBatches<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH) {
    const results = await Promise.allSettled(items.slice(start, start + BATCH).map(work));
    for (const result of results) if (result.status === 'rejected') onFailure(result.reason);
  }
}
