/** Who asks the admin listener for something, as the log tells it. */
import type { IncomingMessage } from 'node:http';
import { bearerOf, ownerOf } from './admin-guard.ts';
import type { AdminTokensReading } from './admin-tokens.ts';

export interface Caller {
  /** The peer's address. */
  readonly client: string;
  /** `operate 2`: the second of the tokens with that role; undefined where none was needed. */
  readonly token: string | undefined;
}

/** The program itself. */
export const NOBODY: Caller = { client: '', token: undefined };

export function callerOf({ headers, socket }: IncomingMessage, reading: AdminTokensReading): Caller {
  const token = bearerOf(headers.authorization);
  const owner = token === undefined || !reading.ok ? undefined : ownerOf(token, reading.tokens);
  return { client: socket.remoteAddress ?? '', token: owner && `${owner.role} ${owner.place}` };
}
