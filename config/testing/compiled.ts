/** Programs that tests start are the compiled ones, as they are shipped: `npm test` builds them first. */
import { existsSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The compiled form of a module of this project, given the URL of its source.
 *
 * @returns its path
 * @throws Error when it is missing or older than its source, that one file alone: not what it imports, nor the rest of
 *   the program
 */
export function compiled(source: URL): string {
  const path = fileURLToPath(source);
  const file = `${ROOT}dist/${relative(ROOT, path).replace(/\.ts$/, '.js')}`;
  if (!existsSync(file) || statSync(file).mtimeMs < statSync(path).mtimeMs) {
    throw new Error(`${relative(ROOT, file)}: expected it compiled from ${relative(ROOT, path)}; run "npm run build"`);
  }
  return file;
}
