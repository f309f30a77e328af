/**
 * What becomes of the shell code in pages. Behind `sh` stands what it needs; without a word, a test executes it. The
 * others are looked at as far as that can be done without what they need: see `commands.test.ts`.
 */
export const NEEDS = {
  /** It runs until it is stopped: a test starts it, waits until it listens, and stops it. */
  serves: 'a port',
  /** A registry, or minutes. */
  npm: 'npm',
  docker: 'Docker and its registry',
  kubectl: 'a cluster of Kubernetes',
  systemd: 'systemd and root',
  root: 'root, and changes of the machine',
} as const;

export type Need = keyof typeof NEEDS;

export function isNeed(word: string | undefined): word is Need {
  return word !== undefined && Object.hasOwn(NEEDS, word);
}
