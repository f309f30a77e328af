/** Reads the files that TLS needs, and looks whether they can be used, so that a worker need not. */
import type { X509Certificate } from 'node:crypto';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import type { Fault } from '../../config/validation.ts';
import type { CertificateExpiry } from '../observe/metrics.ts';
import { type Certificate, type ListenerTls, ofOneKind, type TlsMaterial } from '../tls/listener-tls.ts';
import { secureContext } from '../tls/secure-context.ts';
import { newTicketSecret, sessionKeysOf } from '../tls/ticket-keys.ts';
import { readNodeFiles } from './node-certificates.ts';
import { PemFiles } from './pem-files.ts';

type ListenerConfig = ProxyConfig['listeners'][number];

/** What was read; `material` holds only where there are no faults. */
export interface CertificateReading {
  readonly material: TlsMaterial;
  readonly expiries: readonly CertificateExpiry[];
  readonly faults: readonly Fault[];
  /** What works and yet should not stay so; one line each. */
  readonly warnings: readonly string[];
  /** Every file by its path; undefined for one that could not be read. */
  readonly files: ReadonlyMap<string, string | undefined>;
}

const NAMELESS = 'names no host in its subjectAltName';
const NAMES_TAKEN = 'all its names are those of certificates before it';
/** Of `X509Certificate.subjectAltName`. What is in quotes has characters that no name has. */
const DNS_NAME = /^DNS:((?:\*\.)?[\w.-]+)$/;

/** `directory`: what names of files are relative to. `now`: ms since the epoch. */
export function readCertificates(
  config: Pick<ProxyConfig, 'listeners' | 'nodes' | 'nodeTls'>,
  directory: string,
  now = Date.now(),
): CertificateReading {
  const pem = new PemFiles(directory, now);
  const expiries: CertificateExpiry[] = [];
  const listeners = config.listeners.map((listener, index) => readListener(listener, index, pem, expiries));
  const nodeFiles = readNodeFiles(config, pem);
  const { faults, warnings, files } = pem;
  return { material: { listeners, nodeFiles }, expiries, faults, warnings, files };
}

function readListener(
  { host, port, tls }: ListenerConfig,
  index: number,
  pem: PemFiles,
  expiries: CertificateExpiry[],
): ListenerTls | null {
  if (tls === undefined) return null;
  const path = ['listeners', index, 'tls'];
  const { minVersion, clientCa: caFile } = tls;
  const clientCa = caFile === undefined ? undefined : pem.authorities(caFile, [...path, 'clientCa']);
  const read: ListenerTls = { certificates: [], minVersion, ...(clientCa && { clientCa }) };
  const taken = new Set<string>();
  const certificates = tls.certificates.flatMap((files, position): Certificate[] => {
    const pair = pem.pair(files, [...path, 'certificates', position], ({ cert, key, x509 }) => {
      secureContext(read, { cert, key, names: namesOf(x509) }, sessionKeysOf(newTicketSecret(), read));
    });
    if (pair === undefined) return [];
    const names = namesOf(pair.x509);
    const [name = ''] = names;
    // The first serves all other names as well.
    if (position > 0 && names.every((each) => taken.has(each))) {
      pem.warn(files.cert, `${name === '' ? NAMELESS : NAMES_TAKEN}, so that no client gets it`);
    }
    for (const each of names) taken.add(each);
    expiries.push({ listener: `${host}:${port}`, index: position, name, expiresAt: pair.expiresAt });
    return [{ cert: pair.cert, key: pair.key, names }];
  });
  if (!ofOneKind(certificates)) {
    const problem = 'the certificates have keys of different kinds, so that clients which send no name are refused';
    pem.warnings.push(`listeners[${index}].tls: ${problem}`);
  }
  return { ...read, certificates };
}

function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName.split(', ').flatMap((entry) => DNS_NAME.exec(entry)?.[1]?.toLowerCase() ?? []);
}
