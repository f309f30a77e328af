/** The version of the package, whose manifest is one directory up from the sources and two from the compiled files. */
import { existsSync, readFileSync } from 'node:fs';

export const VERSION = readVersion();

function readVersion(): string {
  const candidates = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
  const file = candidates.find((url) => existsSync(url));
  return file === undefined ? 'unknown' : (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
