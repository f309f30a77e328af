/** The operator's states as a file: JSON that a person can read, replaced as a whole or not at all. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { readTextFile } from '../../config/text-file.ts';
import { isoTime } from '../observe/iso-time.ts';
import type { HeldNode } from './operator-states.ts';

const time = z.iso.datetime().transform((text) => Date.parse(text));
const stateFile = z.object({
  version: z.literal(1),
  nodes: z.record(
    z.string(),
    z.object({ state: z.enum(['draining', 'maintenance']), since: time, deadline: time.optional() }),
  ),
});

export type StateFile =
  | { readonly ok: true; readonly nodes: ReadonlyMap<string, HeldNode> }
  | { readonly ok: false; readonly reason: string };

/** A file that is not there yet holds nothing. Never throws. */
export function readStateFile(file: string): StateFile {
  const read = readTextFile(file);
  if (!read.ok) return read.code === 'ENOENT' ? { ok: true, nodes: new Map() } : read;
  let value: unknown;
  try {
    value = JSON.parse(read.text);
  } catch {
    return { ok: false, reason: 'is no JSON' };
  }
  const parsed = stateFile.safeParse(value);
  if (!parsed.success) return { ok: false, reason: 'does not hold what the proxy wrote' };
  const nodes = Object.entries(parsed.data.nodes).map(([name, { deadline, ...held }]): [string, HeldNode] => [
    name,
    deadline === undefined ? held : { ...held, deadline },
  ]);
  return { ok: true, nodes: new Map(nodes) };
}

/** Throws the system's error. A reader sees the file as it was or as it is, also after a crash. */
export function writeStateFile(file: string, held: ReadonlyMap<string, HeldNode>): void {
  const nodes = Object.fromEntries(
    [...held].map(([name, { state, since, deadline }]) => [
      name,
      { state, since: isoTime(since), ...(deadline !== undefined && { deadline: isoTime(deadline) }) },
    ]),
  );
  const draft = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(draft, 'w', 0o600);
    try {
      writeSync(descriptor, `${JSON.stringify({ version: 1, nodes }, undefined, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
