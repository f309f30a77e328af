/** Where the configuration of the proxy comes from: a file in YAML, variables that win over it, and files it names. */
import { dirname } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import type { Problem } from '../../config/problems.ts';
import { type ProxyConfig, proxySchema } from '../../config/proxy-schema.ts';
import { type CertificateReading, readCertificates } from './certificates.ts';

export const VARIABLE_PREFIX = 'COBROWSE_PROXY_';

export interface LoadedProxy {
  readonly config: ProxyConfig;
  readonly certificates: CertificateReading;
}

export type ProxyLoadResult =
  | ({ readonly ok: true } & LoadedProxy)
  /** At least one; see `formatProblem`. `certificates`: as far as they were read. */
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly certificates: CertificateReading };

/** `file`: undefined for defaults and variables alone. */
export function loadProxy(file: string | undefined): ProxyLoadResult {
  let certificates = readCertificates([], '');
  const loaded = loadConfig(proxySchema, {
    file,
    environment: process.env,
    prefix: VARIABLE_PREFIX,
    inspect: ({ listeners }) => {
      certificates = readCertificates(listeners, file === undefined ? '.' : dirname(file));
      return certificates.faults;
    },
  });
  return { ...loaded, certificates };
}
