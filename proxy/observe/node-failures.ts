/** What users of a node had to suffer, counted for its incidents. */
import type { ExchangeRecord, Termination } from './record.ts';

const BROKEN_BY_NODE: Readonly<Partial<Record<Termination, true>>> = {
  'node-connect': true,
  'node-tls': true,
  'node-reset': true,
  'node-timeout': true,
  'node-truncated': true,
  'node-invalid': true,
  'node-ejected': true,
};

/**
 * The request got an error from the node, or from the proxy for the node's sake, or an answer that broke off. A tunnel
 * that closes is none, and neither is a 503 at `/health`, which is what whoever asks wants to know.
 */
export function hasFailed({ status, termination, class: requestClass }: ExchangeRecord): boolean {
  return (status >= 500 && requestClass !== 'health') || BROKEN_BY_NODE[termination] === true;
}
