/**
 * The companion of the stickiness cookie, the proxy's own: which process of the node the client was bound to, when, and
 * to which session, so that a client of a node that has been restarted since can be told that its session is gone.
 *
 *     gcbSessionServerInstance=CB_1~3f2c9a~mg2x7k1a~0123456789abcdef01234567
 *
 * It is `node~instance~time~session`: time in ms since the epoch, base 36; session the reference by which the timeline
 * knows it, or nothing. The node is in it because an agent's desktop writes the stickiness cookie by itself: a companion
 * that was made for another node says nothing of the one named there.
 *
 * A client may send anything here, so what it says is only ever compared, and forging it changes nothing but what the
 * forger is told.
 */
import type { NodeSnapshot } from '../pool/view.ts';
import { cookieAt, cookieValue } from './cookie.ts';

export interface Companion {
  readonly instanceId: string;
  /** When the client was bound, ms since the epoch by the clock of the proxy that saw it. */
  readonly boundAt: number;
  /** '' for none. */
  readonly session: string;
}

/** Behind the name of the node: instance as in `pool/report.ts`, time, session as in `SessionAliases`. */
const BEHIND_NODE = /^~([A-Za-z0-9._:-]{1,128})~([0-9a-z]{1,9})~([0-9a-f]{24})?$/;
const LONGEST_BEHIND_NODE = 1 + 128 + 1 + 9 + 1 + 24;

export function companionName(cookie: string): string {
  return `${cookie}Instance`;
}

export function companionValue(node: string, { instanceId, boundAt, session }: Companion): string {
  return `${node}~${instanceId}~${boundAt.toString(36)}~${session}`;
}

/**
 * The companion for this node in a Cookie header; of several (one per Path, say) the newest. Undefined when there is
 * none, or none that could be the proxy's.
 *
 * @param name of the companion
 */
export function companionFor(node: NodeSnapshot, header: string, name: string): Companion | undefined {
  let newest: Companion | undefined;
  for (let at = cookieAt(header, name, 0); at !== -1; at = cookieAt(header, name, at)) {
    if (!header.startsWith(node.name, at)) continue;
    const companion = read(cookieValue(header, at + node.name.length));
    if (companion !== undefined && (newest === undefined || companion.boundAt > newest.boundAt)) newest = companion;
  }
  return newest;
}

/**
 * Whether the client was bound to a process of the node that is gone. One that was bound after this proxy first saw the
 * present process was bound to a newer one, of which the health polls have not told yet.
 */
export function isOfGoneInstance({ instanceId, boundAt }: Omit<Companion, 'session'>, node: NodeSnapshot): boolean {
  return node.instanceId !== undefined && node.instanceId !== instanceId && boundAt < node.instanceSince;
}

function read(behindNode: string): Companion | undefined {
  if (behindNode.length > LONGEST_BEHIND_NODE) return undefined;
  const [, instanceId, boundAt, session = ''] = BEHIND_NODE.exec(behindNode) ?? [];
  if (instanceId === undefined || boundAt === undefined) return undefined;
  return { instanceId, boundAt: Number.parseInt(boundAt, 36), session };
}
