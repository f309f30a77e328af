/** Asks name servers one after the other until one knows. */
import type { ServerAddress } from '../../config/server-address.ts';
import { askServer } from './dns-exchange.ts';
import type { DnsQuestion, DnsRecord } from './dns-message.ts';

/** A datagram may be lost. */
const ROUNDS = 2;

/**
 * Why there is no answer:
 * - `timeout`: no server answered in time.
 * - `unreachable`: none could be reached.
 * - `refused`: the last that was asked does not answer such questions, or had an error of its own.
 */
export type ResolveFailure = 'timeout' | 'unreachable' | 'refused';

export type Resolved =
  /** No records: there is no such name, or nothing of that type at it. */
  | { readonly ok: true; readonly records: readonly DnsRecord[]; readonly additional: readonly DnsRecord[] }
  | { readonly ok: false; readonly failure: ResolveFailure; readonly why: string };

export interface ResolverOptions {
  readonly servers: readonly ServerAddress[];
  /** For an answer of one server. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** That a name does not exist is an answer: no other server is asked. Never rejects. */
export async function resolveRecords(
  question: DnsQuestion,
  { servers, timeoutMs, signal }: ResolverOptions,
): Promise<Resolved> {
  const what = `${question.type} ${question.name}`;
  let failed: Resolved = { ok: false, failure: 'unreachable', why: `${what}: there is no name server` };
  for (let round = 0; round < ROUNDS; round++) {
    for (const server of servers) {
      if (signal.aborted) return failed;
      const told = await askServer(server, question, timeoutMs, signal);
      if (told.kind === 'answer') return { ok: true, records: told.records, additional: told.additional };
      if (told.kind === 'nxdomain') return { ok: true, records: [], additional: [] };
      const at = `${what}: name server ${server.host} port ${server.port}`;
      if (told.kind === 'timeout') failed = { ok: false, failure: 'timeout', why: `${at} gives no answer` };
      else if (told.kind === 'error') failed = { ok: false, failure: 'refused', why: `${at} says ${told.code}` };
      else failed = { ok: false, failure: 'unreachable', why: `${at} cannot be reached: ${told.code}` };
    }
  }
  return failed;
}
