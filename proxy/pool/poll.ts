/** One health poll: one request on one connection of its own, over within the timeout whatever the node does. */
import { Client, type Dispatcher } from 'undici';
import type { NodeTls } from '../tls/node-tls.ts';
import { connectTo } from '../tls/undici-connector.ts';
import type { FailureReason, HealthResult } from './health.ts';
import { readHealthAnswer } from './report.ts';
import type { NodeSnapshot } from './view.ts';

export type PolledAddress = Pick<NodeSnapshot, 'scheme' | 'authority' | 'base'>;

/** The body should be empty. Up to here it is read, so that an answer counts as whole; what follows is left unread. */
const MOST_BODY_BYTES = 4096;
/** This late, the process itself did not run, and what the node sent waits unread. */
const HELD_UP_MS = 50;

/**
 * Polls a node once. Never rejects; leaves no socket and no timer behind.
 *
 * Each poll has a fresh connection: only that proves that the node still accepts one. A kept one would go on answering
 * after the node closed its listener, and would now and then fail only because it had grown stale.
 *
 * @param path below the node's base, such as `/health`
 * @param timeout ms, for the whole poll from the name look-up to the last byte
 * @param controller of this poll alone: it is aborted at the deadline, and whoever aborts it earlier ends the poll,
 * whose result then means nothing
 * @param tls for a node with an https url
 */
export async function poll(
  node: PolledAddress,
  path: string,
  timeout: number,
  controller: AbortController,
  tls?: NodeTls,
): Promise<HealthResult> {
  const { signal } = controller;
  let late = false;
  let unsafe: string | undefined;
  const end = (): void => {
    late = true;
    controller.abort();
  };
  const onUnsafe = (why: string): void => {
    unsafe = why;
  };
  const due = performance.now() + timeout;
  let timer = setTimeout(() => {
    const heldUp = performance.now() - due;
    if (heldUp < HELD_UP_MS) end();
    else timer = setTimeout(end, Math.min(heldUp, timeout));
  }, timeout);
  const client = new Client(`${node.scheme}://${node.authority}`, {
    pipelining: 0, // undici's way to say `Connection: close`
    // The one deadline is `timer`: undici's own timers may be half a second late. The signal also ends a connection
    // that is still being made, which destroying the client does not.
    connect:
      tls === undefined ? { timeout: 0, signal } : (_, done) => connectTo(tls, { timeout: 0, signal, onUnsafe }, done),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const answer = await client.request({
      method: 'GET',
      path: node.base + path || '/',
      headers: { accept: '*/*', 'user-agent': 'cobrowse-proxy-health' },
      signal,
    });
    await drain(answer.body);
    return readHealthAnswer(answer.statusCode, answer.headers);
  } catch (error) {
    if (late) return { kind: 'failed', reason: 'timeout' };
    if (unsafe !== undefined) return { kind: 'failed', reason: 'tls', why: unsafe };
    return { kind: 'failed', reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    await client.destroy();
  }
}

async function drain(body: Dispatcher.ResponseData['body']): Promise<void> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BODY_BYTES) return;
  }
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
};

function reasonOf(error: unknown): FailureReason {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' && Object.hasOwn(REASONS, code) && REASONS[code]) || 'error';
}
