/** What the names of the proxy's variables begin with: see `environment.ts`. */
export const VARIABLE_PREFIX = 'COBROWSE_PROXY_';
