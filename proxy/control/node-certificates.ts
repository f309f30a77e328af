/** Reads the files that the options for TLS to nodes name. */
import type { NodeTlsConfig, ProxyConfig } from '../../config/proxy-schema.ts';
import type { Fault } from '../../config/validation.ts';
import type { NodeTlsFiles } from '../tls/listener-tls.ts';
import { nodeContext } from '../tls/secure-context.ts';
import type { PemFiles } from './pem-files.ts';

export function readNodeFiles({ nodes, nodeTls }: Pick<ProxyConfig, 'nodes' | 'nodeTls'>, pem: PemFiles): NodeTlsFiles {
  const texts = new Map<string, string>();
  const authorities = new Set<string>();
  const pairs = new Set<string>();
  const read = ({ ca, cert, key }: NodeTlsConfig, path: Fault['path']): void => {
    if (ca !== undefined && !authorities.has(ca)) {
      const text = pem.authorities(ca, [...path, 'ca']);
      if (text !== undefined) texts.set(ca, text);
      authorities.add(ca);
    }
    if (cert === undefined || key === undefined || pairs.has(JSON.stringify([cert, key]))) return;
    const pair = pem.pair({ cert, key }, path, nodeContext);
    if (pair === undefined) return;
    pairs.add(JSON.stringify([cert, key]));
    texts.set(cert, pair.cert).set(key, pair.key);
  };
  if (nodeTls !== undefined) read(nodeTls, ['nodeTls']);
  nodes.forEach(({ tls }, index) => {
    if (tls !== undefined) read(tls, ['nodes', index, 'tls']);
  });
  return Object.fromEntries(texts);
}
