/** A file that a person named: its text, or one line on why it cannot be had. */
import { readFileSync } from 'node:fs';

export type TextFile =
  | { readonly ok: true; readonly text: string }
  /** `code`: of the system, such as `ENOENT`; '' for a file that is no text. */
  | { readonly ok: false; readonly reason: string; readonly code: string };

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file: a part of its path is not a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a directory, expected a file',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ERR_INVALID_ARG_VALUE: 'not a file name',
};

/** Reads UTF-8, with or without a byte order mark. Never throws. */
export function readTextFile(file: string): TextFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return { ok: false, ...reasonOf(error) };
  }
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, reason: 'cannot be read: expected UTF-8 text', code: '' };
  }
}

/** Of an error of the file system. */
export function reasonOf(error: unknown): { readonly reason: string; readonly code: string } {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return { reason: `cannot be read: ${REASONS[code] ?? code}`, code };
}
