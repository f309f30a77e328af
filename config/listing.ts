/** The names in a directory that a person named, or one line on why they cannot be had. */
import { readdirSync } from 'node:fs';
import { reasonOf } from './text-file.ts';

export type Listing =
  /** `text`: the names, one a line. */
  | { readonly ok: true; readonly names: readonly string[]; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/**
 * In an order that is the same everywhere. Hidden ones, such as the `..data` of a ConfigMap, are left out. Never
 * throws.
 */
export function readListing(directory: string): Listing {
  try {
    const names = readdirSync(directory)
      .filter((name) => !name.startsWith('.'))
      .sort();
    return { ok: true, names, text: names.join('\n') };
  } catch (error) {
    const { reason, code } = reasonOf(error);
    return { ok: false, reason: code === 'ENOTDIR' ? 'cannot be read: is no directory' : reason };
  }
}
