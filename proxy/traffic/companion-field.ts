/** Adds the companion to an answer that binds its client to a node: see `affinity/companion.ts`. */
import { companionFor, companionName, companionValue } from '../affinity/companion.ts';
import { cookieValue } from '../affinity/cookie.ts';
import type { Forward } from '../affinity/decision.ts';
import type { ForcedAttributes } from '../affinity/set-cookie.ts';
import { isTokenShaped } from '../affinity/token.ts';
import type { AnswerHead } from '../http/answer-head.ts';
import { EQUALS, HTAB, matches, SP } from '../http/grammar.ts';
import { isInstanceId } from '../pool/report.ts';
import type { WorkerContext } from './worker-context.ts';

/** As refusals expire it. */
const EVERYWHERE = '; Path=/';

/**
 * The Set-Cookie line, '' for none. Only an answer that says which process gave it, and that
 * - sets the stickiness cookie to the node that it comes from: the companion gets the same attributes, so that both
 *   travel and end together, but holds for the host alone and all its paths, or no refusal could expire it; or
 * - finds a session on its owner, for a client with a companion of a process that is gone: an agent, who writes the
 *   stickiness cookie without being told to, would be told that the session ahead is lost.
 *
 * @param cookies the request's Cookie header
 */
export function companionField(worker: WorkerContext, decision: Forward, head: AnswerHead, cookies: string): string {
  if (head.instance === '' || !isInstanceId(head.instance)) return '';
  const { node } = decision;
  const { cookie } = worker.config.affinity;
  const { forced } = worker.cookieRepair ?? {};
  const name = companionName(cookie);
  const before = companionFor(node, cookies, name);
  const isOutdated = before !== undefined && before.instanceId !== head.instance;
  const attributes =
    attributesOf(head.setCookie(cookie), cookie, node.name, forced) ??
    (isOutdated && findsOwner(decision, head) ? hostWide(forced?.text ?? '') : undefined);
  if (attributes === undefined) return '';
  // An answer to an upgrade or a handshake names no session; the client's is the one that it came with.
  const session = sessionOf(worker, decision, head) || (isOutdated ? '' : (before?.session ?? ''));
  const value = companionValue(node.name, { instanceId: head.instance, boundAt: Date.now(), session });
  return `Set-Cookie: ${name}=${value}${attributes}\r\n`;
}

/** The attributes that go with the companion, from the semicolon on; undefined when the line sets another value. */
function attributesOf(
  line: string,
  name: string,
  value: string,
  forced: ForcedAttributes | undefined,
): string | undefined {
  if (line === '' || cookieValue(line, name.length + 1) !== value) return undefined;
  return hostWide(forced === undefined ? line : forced.put(line));
}

/** The attributes of a Set-Cookie, but for the host alone and all its paths. */
function hostWide(line: string): string {
  let attributes = EVERYWHERE;
  for (let at = line.indexOf(';'); at !== -1; ) {
    const next = line.indexOf(';', at + 1);
    const end = next === -1 ? line.length : next;
    if (!isAttribute(line, at + 1, end, 'domain') && !isAttribute(line, at + 1, end, 'path')) {
      attributes += line.slice(at, end);
    }
    at = next;
  }
  return attributes;
}

/** With a value or without, and blanks around it (RFC 6265 §5.2). */
function isAttribute(line: string, from: number, end: number, name: string): boolean {
  const start = skipBlanks(line, from);
  if (start + name.length > end || !matches(line, start, name)) return false;
  const behind = skipBlanks(line, start + name.length);
  return behind >= end || line.charCodeAt(behind) === EQUALS;
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (line.charCodeAt(at) === SP || line.charCodeAt(at) === HTAB) at++;
  return at;
}

function findsOwner({ class: requestClass, by, verdict }: Forward, { status }: AnswerHead): boolean {
  return requestClass === 'session' && by === 'session' && verdict === 'bound' && status >= 200 && status <= 299;
}

function sessionOf(worker: WorkerContext, { class: requestClass, token }: Forward, { session }: AnswerHead): string {
  const named = session === '' && requestClass === 'session' ? token : session;
  return isTokenShaped(named) ? worker.aliasOf(named) : '';
}
