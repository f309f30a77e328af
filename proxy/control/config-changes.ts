/** What a new configuration changes, and what that takes. */
import { isDeepStrictEqual } from 'node:util';
import type { ProxyConfig } from '../../config/proxy-schema.ts';

export interface ConfigChanges {
  /** Options of the first level; none when all is as it was. */
  readonly keys: readonly (keyof ProxyConfig)[];
  /** Sockets are opened at the start of a worker, so that listeners at other addresses take other workers. */
  readonly needsNewWorkers: boolean;
  readonly movesAdmin: boolean;
}

export function changesBetween(before: ProxyConfig, after: ProxyConfig): ConfigChanges {
  const keys = (Object.keys(after) as (keyof ProxyConfig)[]).filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
  return {
    keys,
    needsNewWorkers: !isDeepStrictEqual(before.listeners.map(addressOf), after.listeners.map(addressOf)),
    movesAdmin: before.admin.host !== after.admin.host || before.admin.port !== after.admin.port,
  };
}

function addressOf({ host, port }: ProxyConfig['listeners'][number]) {
  return { host, port };
}
