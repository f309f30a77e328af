/**
 * In the environment of a proxy whose nodes are to be found well: on a busy machine, what a good node does at once may
 * take long, and the process of a test, in which its nodes are, may be stopped for longer than a proxy would wait.
 */
export const PATIENT_PROXY: Readonly<Record<string, string>> = {
  COBROWSE_PROXY_HEALTH_TIMEOUT: '1m',
  COBROWSE_PROXY_AFFINITY_LOOKUP_TIMEOUT: '1m',
  COBROWSE_PROXY_TIMEOUTS_CONNECT: '1m',
};
