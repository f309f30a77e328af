/**
 * The companion of the stickiness cookie, the proxy's own: which process of the node the client was bound to, when, and
 * to which session, so that a client of a node that has been restarted since can be told that its session is gone.
 *
 *     gcbSessionServerInstance=CB_1~3f2c9a~mg2x7k1a~0123456789abcdef01234567
 *
 * It is `node~instance~time~session`: time in ms since the epoch, base 36; session the reference by which the timeline
 * knows it, or nothing. The node is in it because an agent's desktop writes the stickiness cookie by itself: a
 * companion that was made for another node says nothing of the one named there.
 *
 * A client may send anything here, so what it says is only ever compared, and forging it changes nothing but what the
 * forger is told.
 */
import { isInstanceId } from '../pool/report.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import { cookieAt, cookieValue } from './cookie.ts';

export interface Companion {
  readonly instanceId: string;
  /** When the client was bound, ms since the epoch by the clock of the proxy that saw it. */
  readonly boundAt: number;
  /** '' for none. */
  readonly session: string;
}

/** Between the parts; in none of them. */
const SEPARATOR = '~';
const LONGEST_TIME = 9;
/** As in `SessionAliases`. */
const SESSION_DIGITS = 24;
const LOWER_F = 0x66;
const LOWER_Z = 0x7a;

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

/** What stands behind the name of the node, with a separator before each part. */
function read(parts: string): Companion | undefined {
  const time = parts.indexOf(SEPARATOR, 1) + 1;
  const session = parts.indexOf(SEPARATOR, time) + 1;
  if (!parts.startsWith(SEPARATOR) || time === 0 || session === 0) return undefined;
  const instanceId = parts.substring(1, time - 1);
  const boundAt = parts.substring(time, session - 1);
  const digits = parts.substring(session);
  if (!isInstanceId(instanceId) || boundAt === '' || boundAt.length > LONGEST_TIME) return undefined;
  if (digits !== '' && digits.length !== SESSION_DIGITS) return undefined;
  if (!isLowerCase(boundAt, LOWER_Z) || !isLowerCase(digits, LOWER_F)) return undefined;
  return { instanceId, boundAt: Number.parseInt(boundAt, 36), session: digits };
}

/** Nothing but digits, and lower-case letters up to this one. */
function isLowerCase(text: string, last: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > last || (code > 0x39 && code < 0x61)) return false;
  }
  return true;
}
