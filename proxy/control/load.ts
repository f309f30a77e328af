/** Where the configuration of the proxy comes from: a file in YAML, variables that win over it, and files it names. */
import { dirname, resolve } from 'node:path';
import { deepFreeze } from '../../config/frozen.ts';
import { loadConfig } from '../../config/load.ts';
import type { Problem } from '../../config/problems.ts';
import { type ProxyConfig, proxySchema } from '../../config/proxy-schema.ts';
import { VARIABLE_PREFIX } from '../../config/proxy-variables.ts';
import type { Fault } from '../../config/validation.ts';
import { readAdminTokens } from './admin-tokens.ts';
import { type CertificateReading, readCertificates } from './certificates.ts';
import { readCookieKeys } from './cookie-keys.ts';
import { NodeLists } from './node-lists.ts';

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
  const directory = file === undefined ? '.' : dirname(file);
  let certificates = readCertificates({ listeners: [], nodes: [] }, '');
  let cookieKeys: readonly string[] = [];
  let lists: NodeLists | undefined;
  const loaded = loadConfig(proxySchema, {
    file,
    environment: process.env,
    prefix: VARIABLE_PREFIX,
    inspect: (config) => {
      lists = new NodeLists(config.discovery, directory, config.nodes);
      const reading = readCertificates({ ...config, nodes: [...config.nodes, ...lists.nodes] }, directory);
      const { keys, faults, files } = readCookieKeys(config.affinity.signature, directory);
      certificates = { ...reading, files: new Map([...reading.files, ...files, ...lists.files]) };
      cookieKeys = keys;
      const own = reading.faults.filter((fault) => !refusedIn(lists, fault, config.nodes.length));
      return [...lists.faults, ...own, ...faults, ...faultsOfTokens(withFilesIn(directory, config, keys))];
    },
  });
  const problems = [...(loaded.ok ? [] : loaded.problems), ...(lists?.problems ?? [])];
  if (!loaded.ok || problems.length > 0) return { ok: false, problems, certificates };
  const config = withFilesIn(directory, loaded.config, cookieKeys);
  const nodes = deepFreeze([...config.nodes, ...(lists?.nodes ?? [])]);
  return { ok: true, config: deepFreeze({ ...config, nodes }), certificates };
}

/** Whether it is about a node of a list, and told there; `own`: nodes that come before those. */
function refusedIn(lists: NodeLists | undefined, { path, message }: Fault, own: number): boolean {
  const [option, index, ...below] = path;
  if (option !== 'nodes' || typeof index !== 'number' || index < own) return false;
  lists?.refuse(index - own, below, message);
  return true;
}

/** Files that are read later on, when it is known no more where they were named, and the keys that were in one. */
function withFilesIn(directory: string, config: ProxyConfig, keys: readonly string[]): ProxyConfig {
  const located = (name: string): string => (name === '' ? '' : resolve(directory, name));
  const { admin, stateFile, affinity } = config;
  return deepFreeze({
    ...config,
    admin: { ...admin, tokenFile: located(admin.tokenFile), readTokenFile: located(admin.readTokenFile) },
    stateFile: located(stateFile),
    affinity: { ...affinity, signature: { ...affinity.signature, keys } },
  });
}

/** Better no start, and no reload, than an admin listener that refuses everybody. */
function faultsOfTokens({ admin }: ProxyConfig): readonly Fault[] {
  const reading = readAdminTokens(admin);
  if (!reading.ok) return [{ path: ['admin', reading.option], message: reading.reason, unknownKey: false }];
  const { read, operate } = reading.tokens;
  if (!read.some((token) => operate.includes(token))) return [];
  const option = admin.readTokenFile === '' ? 'readToken' : 'readTokenFile';
  return [{ path: ['admin', option], message: 'expected no token that may give orders as well', unknownKey: false }];
}
