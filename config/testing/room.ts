/** The tests of a room (a directory, and those below it that are no rooms of their own) run in one process. */
import { existsSync, readdirSync } from 'node:fs';
import { describe } from 'node:test';
import fc from 'fast-check';

/**
 * A file that takes so long hangs, on any machine: its name is worth more than silence. Tests have no shorter time of
 * their own: it would be the slow machine that fails them.
 */
const HANGS_MS = 600_000;

/**
 * Of all properties, so that each run of the suite tries the same and says the same of the same program. A file that is
 * run by itself draws another one each time, as `npm run fuzz` does.
 */
const SEED = 2026;

/**
 * Makes a suite of each `*.test.ts` of a room. A process for each file would spend more processor time on its start,
 * 0.7 s through tsx, than on its tests.
 *
 * @param tests the URL of the room's `tests.ts`
 */
export function describeRoom(tests: string): void {
  fc.configureGlobal({ seed: SEED });
  for (const file of testFiles(new URL('.', tests))) {
    const name = file.pathname.slice(new URL('../../', import.meta.url).pathname.length);
    describe(name, { timeout: HANGS_MS }, async () => {
      await import(file.href);
    });
  }
}

function testFiles(directory: URL): URL[] {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (entry.isDirectory()) {
      const below = new URL(`${entry.name}/`, directory);
      return existsSync(new URL('tests.ts', below)) ? [] : testFiles(below);
    }
    return entry.name.endsWith('.test.ts') ? [new URL(entry.name, directory)] : [];
  });
}
