/**
 * What a primary leaves with the anchor for the one that comes after it, which may be of another version of the
 * program.
 */
import { z } from 'zod';

const addressShape = z.object({ host: z.string(), port: z.int() });

const poolNodeShape = z.object({
  name: z.string(),
  url: z.object({
    scheme: z.enum(['http', 'https']),
    host: z.string(),
    port: z.int(),
    authority: z.string(),
    base: z.string(),
  }),
  serverUrl: z.object({ url: z.string(), authority: z.string(), prefix: z.string() }).optional(),
  weight: z.int(),
  maxConnections: z.int().optional(),
  tls: z.object({ serverName: z.string().optional() }).optional(),
  source: z.string(),
  withdrawn: z.number(),
});

const memoShape = z.object({
  /** Of `SessionAliases`: what a session is called in the log stays the same. */
  aliasKey: z.string(),
  /** Of `TicketRotation`. `since`: ms since the epoch. Absent in the memo of an older program. */
  tickets: z.object({ secret: z.string(), since: z.number() }).optional(),
  /** Sockets of the listeners. `asked`: what the configuration says. */
  sockets: z.array(
    z.object({
      id: z.int(),
      host: z.string(),
      port: z.int(),
      asked: addressShape,
    }),
  ),
  workers: z.array(
    z.object({
      id: z.int(),
      /** It was told to listen. */
      started: z.boolean(),
      /** ms since the epoch. */
      listeningSince: z.int().optional(),
      retiring: z.boolean(),
    }),
  ),
  /** Names of nodes by their index, which workers count by: those that were once configured included. */
  nodes: z.array(z.string()),
  /** Where the admin listener is, and what the configuration says of it; absent until it is open. */
  admin: z.object({ asked: addressShape, bound: addressShape }).optional(),
  /** What DNS knew, by source; absent in the memo of an older program, as is `withdrawn`. */
  found: z
    .record(z.string(), z.array(z.object({ address: z.string(), port: z.int(), target: z.string() })).readonly())
    .optional()
    .catch(undefined),
  /** Nodes that are found no more, and may have sessions. */
  withdrawn: z.array(poolNodeShape).optional().catch(undefined),
  /** Nodes that are not ready, by name. */
  held: z.record(
    z.string(),
    z.object({ state: z.enum(['draining', 'maintenance']), since: z.number(), deadline: z.number().optional() }),
  ),
});

export type Memo = Readonly<z.infer<typeof memoShape>>;

/** Of a supervisor. */
export type CrewMemo = Pick<Memo, 'sockets' | 'workers'>;

/** undefined when there is none, or it cannot be read. */
export function readMemo(memo: unknown): Memo | undefined {
  const read = memoShape.safeParse(memo);
  return read.success ? read.data : undefined;
}
