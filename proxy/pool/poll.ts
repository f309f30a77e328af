/** One health poll: one request on one connection of its own, over within the timeout whatever the node does. */
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import type { FailureReason, HealthResult } from './health.ts';
import { type AnswerHeaders, readHealthAnswer } from './report.ts';
import type { NodeSnapshot } from './view.ts';

/** The body should be empty. Up to here it is read, so that an answer counts as whole; what follows is left unread. */
const MOST_BODY_BYTES = 4096;

/**
 * Polls a node once. Never rejects; leaves no socket and no timer behind.
 *
 * Each poll has a fresh connection: only that proves that the node still accepts one. A kept one would go on answering
 * after the node closed its listener, and would now and then fail only because it had grown stale. For a client that is
 * used once, undici takes twice as much of the processor as `node:http`.
 *
 * @param path below the node's base, such as `/health`
 * @param timeout ms, for the whole poll from the name look-up to the last byte
 * @param controller of this poll alone: whoever aborts it ends the poll, whose result then means nothing
 */
export function poll(
  node: Pick<NodeSnapshot, 'authority' | 'base'>,
  path: string,
  timeout: number,
  controller: AbortController,
): Promise<HealthResult> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(`http://${node.authority}`);
    const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    const asked = request({
      path: node.base + path || '/',
      headers: { host: node.authority, accept: '*/*', 'user-agent': 'cobrowse-proxy-health', connection: 'close' },
      createConnection: () => connect({ host, port: Number(port || 80) }),
    });
    const settle = (result: HealthResult): void => {
      clearTimeout(timer);
      controller.signal.removeEventListener('abort', abort);
      asked.destroy();
      resolve(result);
    };
    const abort = (): void => settle({ kind: 'failed', reason: 'error' });
    const timer = setTimeout(() => settle({ kind: 'failed', reason: 'timeout' }), timeout);
    controller.signal.addEventListener('abort', abort);
    const failed = (error: unknown): void => settle({ kind: 'failed', reason: reasonOf(error) });
    asked.on('error', failed);
    // Nobody has asked for another protocol.
    asked.on('upgrade', failed);
    asked.on('response', (answer) => {
      let bytes = 0;
      const whole = (): void => settle(readHealthAnswer(answer.statusCode ?? 0, headersOf(answer)));
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MOST_BODY_BYTES) whole();
      });
      answer.on('end', whole);
      answer.on('error', failed);
    });
    asked.end();
  });
}

/** A header that is repeated says nothing. */
function headersOf({ headersDistinct }: IncomingMessage): AnswerHeaders {
  const headers: Record<string, string | readonly string[] | undefined> = {};
  for (const [name, values = []] of Object.entries(headersDistinct))
    headers[name] = values.length === 1 ? values[0] : values;
  return headers;
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
};

function reasonOf(error: unknown): FailureReason {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' && Object.hasOwn(REASONS, code) && REASONS[code]) || 'error';
}
