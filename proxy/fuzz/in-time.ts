/** For what never comes when something was lost on its way: no wait of a fuzz is for ever. */

/** Far above what any machine needs. */
const NEVER_MS = 60_000;
/** Once something was lost, all that is left is to look for a smaller input, which is often lost as well. */
const LOST_AGAIN_MS = 1_000;

let patience = NEVER_MS;

export async function inTime<T>(promise: Promise<T>, state: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      patience = LOST_AGAIN_MS;
      reject(new Error(`nothing more comes after ${state()}`));
    }, patience);
  });
  try {
    return await Promise.race([promise, never]);
  } finally {
    clearTimeout(timer);
  }
}
