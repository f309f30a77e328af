/**
 * What the programs in Node.js share. One argument, JSON:
 * `{ "port": 40000, "nodes": [{ "name": "CB_Server_1", "port": 40001 }] }`.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { COOKIE } from '../backend-facts.ts';

const address = z.object({ name: z.string(), port: z.int() });
const { port, nodes } = z
  .object({ port: z.int(), nodes: z.array(address).min(1) })
  .parse(JSON.parse(process.argv[2] ?? ''));

/** At least one. */
export const NODES: readonly { readonly port: number }[] = nodes;

const urls = nodes.map((node) => `http://127.0.0.1:${node.port}`);
const urlByName = new Map(nodes.map((node, index) => [node.name, urls[index]]));
const cookiePattern = new RegExp(`(?:^|; *)${COOKIE}=([^;]*)`);
let turn = 0;

export const LISTEN = { host: '127.0.0.1', port, backlog: 4096 };
/** A client's connection between two requests. */
export const KEEP_ALIVE_MS = 75_000;
/** Longer than any held poll. */
export const ANSWER_TIMEOUT_MS = 600_000;

/** The bound node, or the next in turn. */
export function nodeFor({ cookie = '' }: IncomingHttpHeaders): string {
  const bound = urlByName.get(cookiePattern.exec(cookie)?.[1] ?? '');
  turn = (turn + 1) % urls.length;
  return bound ?? urls[turn] ?? '';
}

/** Packages append to what the client claims; an edge proxy must not believe it. */
export function cleanForwardingHeaders(headers: IncomingHttpHeaders): void {
  delete headers['x-forwarded-for'];
  delete headers['x-forwarded-proto'];
  delete headers['x-forwarded-host'];
  headers['x-request-id'] ??= randomUUID();
}
