/** Reads the file with the keys that sign the stickiness cookie. */
import { resolve } from 'node:path';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { isSecretKey } from '../../config/scalars.ts';
import { printable } from '../../config/show.ts';
import { readTextFile } from '../../config/text-file.ts';
import type { Fault } from '../../config/validation.ts';

const MOST_KEYS = 16;
const PATH: Fault['path'] = ['affinity', 'signature', 'keyFile'];

export interface CookieKeys {
  /** Those of the configuration itself, where no file is named. */
  readonly keys: readonly string[];
  /** What is wrong with the file; never shows what it holds. */
  readonly faults: readonly Fault[];
  /** By its path, as `CertificateReading.files`. */
  readonly files: ReadonlyMap<string, string | undefined>;
}

/** A line is a key, white space around it is not; empty lines are passed over. */
export function readCookieKeys({ keys, keyFile }: ProxyConfig['affinity']['signature'], directory: string): CookieKeys {
  if (keyFile === '') return { keys, faults: [], files: new Map() };
  const at = resolve(directory, keyFile);
  const read = readTextFile(at);
  if (!read.ok) return { keys, faults: [fault(at, read.reason)], files: new Map([[at, undefined]]) };
  const found = read.text.split('\n').flatMap((line) => line.trim() || []);
  const files = new Map([[at, read.text]]);
  if (found.length > 0 && found.length <= MOST_KEYS && found.every(isSecretKey))
    return { keys: found, faults: [], files };
  const expected = `expected 1 to ${MOST_KEYS} lines of 32 to 512 letters, digits or -._~+/=`;
  return { keys, faults: [fault(at, expected)], files };
}

function fault(at: string, reason: string): Fault {
  return { path: PATH, message: `${printable(at)}: ${reason}`, unknownKey: false };
}
