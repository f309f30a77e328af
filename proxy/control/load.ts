/** Where the configuration of the proxy comes from: a file in YAML, and variables that win over it. */
import { type LoadResult, loadConfig } from '../../config/load.ts';
import { type ProxyConfig, proxySchema } from '../../config/proxy-schema.ts';

export const VARIABLE_PREFIX = 'COBROWSE_PROXY_';

/** `file`: undefined for defaults and variables alone. */
export function loadProxyConfig(file: string | undefined): LoadResult<ProxyConfig> {
  return loadConfig(proxySchema, { file, environment: process.env, prefix: VARIABLE_PREFIX });
}
