/** For what never comes when something was lost on its way: no wait of a fuzz is for ever. */

/** Far above what any machine needs. */
const NEVER_MS = 60_000;

export async function inTime<T>(promise: Promise<T>, state: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing more comes after ${state()}`)), NEVER_MS);
  });
  try {
    return await Promise.race([promise, never]);
  } finally {
    clearTimeout(timer);
  }
}
