/** What the proxy goes by at the moment; `ConfigChanger` puts something else into force. */
import type { NodesTls } from '../tls/nodes-tls.ts';
import type { CertificateReading } from './certificates.ts';
import type { LoadedProxy } from './load.ts';
import type { ConfigInForce } from './node-finder.ts';

export interface InForce {
  /** Before anything was found. */
  loaded: LoadedProxy;
  config: ConfigInForce;
  certificates: CertificateReading;
  nodesTls: NodesTls;
}
