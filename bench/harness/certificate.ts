/** The certificate that all contenders of a run show: ECDSA on P-256, of a CA of its own, made anew for each run. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mint } from '../../proxy/testing/certificates.ts';
import { HOST, TLS_NAME } from '../backend-facts.ts';

export type RunCertificate = {
  /** Files of PEM. */
  readonly cert: string;
  readonly key: string;
  /** PEM. */
  readonly ca: string;
};

/** Writes its files below `dir`. */
export function makeCertificate(dir: string): RunCertificate {
  const ca = mint({ commonName: 'benchmark CA', ca: true });
  const own = mint({ names: [TLS_NAME, HOST], by: ca });
  const files = { cert: join(dir, 'certificate.pem'), key: join(dir, 'certificate.pem.key') };
  writeFileSync(files.cert, own.cert);
  writeFileSync(files.key, own.key, { mode: 0o600 });
  return { ...files, ca: ca.cert };
}
