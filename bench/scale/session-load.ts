/** Sessions of the benchmark's nodes: made through the proxy, and then asked for, in a process of its own. */
import { z } from 'zod';
import { SESSIONS } from '../backend-facts.ts';
import { launch, nodeCommand } from '../harness/process.ts';
import type { Pinning } from '../harness/site.ts';
import { expectOk, sendAll } from '../load/send-all.ts';
import { sessionToken } from '../session-token.ts';

const HEAD = ' HTTP/1.1\r\nHost: agents.example.com\r\nAccept: application/json\r\n';

export const orderShape = z.object({
  port: z.int(),
  /** Sessions are called by their numbers, as in `session-token.ts`. */
  first: z.int(),
  count: z.int().min(1),
  connections: z.int().min(1),
  /** 0: creates them, and then ends. */
  seconds: z.number(),
});
export type SessionLoad = z.infer<typeof orderShape>;
const outcomeShape = z.object({ requests: z.int(), seconds: z.number() });
export type SessionOutcome = z.infer<typeof outcomeShape>;

export async function sessionLoad(load: SessionLoad, { load: cpu }: Pinning): Promise<SessionOutcome> {
  const child = launch(nodeCommand('scale/session-main.js', JSON.stringify(load)), { cpu });
  return outcomeShape.parse(JSON.parse(await child.output()));
}

/** What the process does. */
export async function runSessionLoad({
  port,
  first,
  count,
  connections,
  seconds,
}: SessionLoad): Promise<SessionOutcome> {
  const began = performance.now();
  const next = seconds === 0 ? creations(count) : questions(first, count, began + seconds * 1_000);
  const requests = await sendAll({ port, connections, next, check: expectOk });
  return { requests, seconds: (performance.now() - began) / 1_000 };
}

function creations(count: number): () => Buffer | undefined {
  const request = Buffer.from(`POST ${SESSIONS}${HEAD}Content-Length: 0\r\n\r\n`, 'latin1');
  let left = count;
  return () => (left-- > 0 ? request : undefined);
}

function questions(first: number, count: number, until: number): () => Buffer | undefined {
  return () => {
    if (performance.now() >= until) return undefined;
    const token = sessionToken(first + Math.floor(Math.random() * count));
    return Buffer.from(`GET ${SESSIONS}/${token}${HEAD}\r\n`, 'latin1');
  };
}
