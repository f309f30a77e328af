/**
 * The listeners that workers are told to open. Workers that ask for port 0 share one free port, but only as long as one
 * of them lives, and only with those that ask for port 0 as well: node:cluster knows a shared socket by what was asked.
 */
import type { Address } from './messages.ts';

/** When no worker holds a socket any more: by the ports that port 0 came to be. */
export function withKnownPorts(asked: readonly Address[], addresses: readonly Address[]): readonly Address[] {
  return asked.map(({ host, port }, index) => ({ host, port: port || (addresses[index]?.port ?? 0) }));
}

/** Those of another configuration: a listener that is written as it was is asked for as it is now. */
export function carriedOver(
  next: readonly Address[],
  before: readonly Address[],
  asked: readonly Address[],
): readonly Address[] {
  return next.map((listener, index) => {
    const same = before[index]?.host === listener.host && before[index]?.port === listener.port;
    return same ? (asked[index] ?? listener) : listener;
  });
}
