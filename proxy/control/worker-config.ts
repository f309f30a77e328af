/** What workers get of the configuration: they face the clients, and know no secret that they have no use for. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';

export function configForWorkers(config: ProxyConfig): ProxyConfig {
  return { ...config, admin: { ...config.admin, token: '', readToken: '' } };
}
