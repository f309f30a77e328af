/** Reads the files that listeners with TLS name, and looks whether they can be used, so that a worker need not. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { printable } from '../../config/show.ts';
import { readTextFile } from '../../config/text-file.ts';
import type { Fault } from '../../config/validation.ts';
import type { CertificateExpiry } from '../observe/metrics.ts';
import { type Certificate, type ListenersTls, type ListenerTls, ofOneKind } from '../tls/listener-tls.ts';
import { secureContext } from '../tls/secure-context.ts';
import { newTicketSecret, sessionKeysOf } from '../tls/ticket-keys.ts';

type ListenerConfig = ProxyConfig['listeners'][number];
type TlsConfig = NonNullable<ListenerConfig['tls']>;
type Path = Fault['path'];

/** What was read; `tls` holds only where there are no faults. */
export interface CertificateReading {
  readonly tls: ListenersTls;
  readonly expiries: readonly CertificateExpiry[];
  readonly faults: readonly Fault[];
  /** What works and yet should not stay so; one line each. */
  readonly warnings: readonly string[];
  /** Every file by its path; undefined for one that could not be read. */
  readonly files: ReadonlyMap<string, string | undefined>;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const NAMELESS = 'names no host in its subjectAltName';
const NAMES_TAKEN = 'all its names are those of certificates before it';
/** Of `X509Certificate.subjectAltName`. What is in quotes has characters that no name has. */
const DNS_NAME = /^DNS:((?:\*\.)?[\w.-]+)$/;

/** `directory`: what names of files are relative to. `now`: ms since the epoch. */
export function readCertificates(
  listeners: readonly ListenerConfig[],
  directory: string,
  now = Date.now(),
): CertificateReading {
  const reader = new Reader(directory, now);
  const tls = listeners.map((listener, index) => reader.listener(listener, index));
  const { expiries, faults, warnings, files } = reader;
  return { tls, expiries, faults, warnings, files };
}

class Reader {
  readonly expiries: CertificateExpiry[] = [];
  readonly faults: Fault[] = [];
  readonly warnings: string[] = [];
  readonly files = new Map<string, string | undefined>();
  readonly #directory: string;
  readonly #now: number;

  constructor(directory: string, now: number) {
    this.#directory = directory;
    this.#now = now;
  }

  listener({ host, port, tls }: ListenerConfig, index: number): ListenerTls | null {
    if (tls === undefined) return null;
    const path = ['listeners', index, 'tls'];
    const clientCa = this.#clientCa(tls, [...path, 'clientCa']);
    const read: ListenerTls = { certificates: [], minVersion: tls.minVersion, ...(clientCa && { clientCa }) };
    const taken = new Set<string>();
    const certificates = tls.certificates.flatMap((files, position) => {
      const certificate = this.#certificate(read, files, [...path, 'certificates', position]);
      if (certificate === undefined) return [];
      const [name = ''] = certificate.names;
      // The first serves all other names as well.
      if (position > 0 && certificate.names.every((each) => taken.has(each))) {
        const reason = name === '' ? NAMELESS : NAMES_TAKEN;
        this.warnings.push(this.#told(files.cert, `${reason}, so that no client gets it`));
      }
      for (const each of certificate.names) taken.add(each);
      this.expiries.push({ listener: `${host}:${port}`, index: position, name, expiresAt: certificate.expiresAt });
      return { cert: certificate.cert, key: certificate.key, names: certificate.names };
    });
    if (!ofOneKind(certificates)) {
      const problem = 'the certificates have keys of different kinds, so that clients which send no name are refused';
      this.warnings.push(`listeners[${index}].tls: ${problem}`);
    }
    return { ...read, certificates };
  }

  #clientCa({ clientCa }: TlsConfig, path: Path): string | undefined {
    if (clientCa === undefined) return undefined;
    const text = this.#text(clientCa, path);
    if (text === undefined) return undefined;
    const found = text.match(PEM_CERTIFICATE) ?? [];
    if (found.length > 0 && found.every((pem) => certificateIn(pem) !== undefined)) return text;
    this.#refuse(path, clientCa, 'expected certificates of CAs in PEM');
    return undefined;
  }

  #certificate(
    tls: ListenerTls,
    { cert: certFile, key: keyFile }: TlsConfig['certificates'][number],
    path: Path,
  ): (Certificate & { readonly expiresAt: number }) | undefined {
    const cert = this.#text(certFile, [...path, 'cert']);
    const key = this.#text(keyFile, [...path, 'key']);
    const x509 = cert === undefined ? undefined : certificateIn(cert);
    if (cert !== undefined && x509 === undefined) {
      this.#refuse([...path, 'cert'], certFile, 'expected a certificate in PEM');
    }
    const privateKey = key === undefined ? undefined : privateKeyIn(key);
    // What was found in its place is not for anybody to see.
    if (key !== undefined && privateKey === undefined) {
      this.#refuse([...path, 'key'], keyFile, 'expected a private key in PEM, not encrypted');
    }
    if (cert === undefined || key === undefined || x509 === undefined || privateKey === undefined) return undefined;
    if (!x509.checkPrivateKey(privateKey)) {
      this.#refuse(
        [...path, 'key'],
        keyFile,
        `expected the key of ${this.#shown(certFile)}, not that of another certificate`,
      );
      return undefined;
    }
    const certificate = { cert, key, names: namesOf(x509) };
    try {
      secureContext(tls, certificate, sessionKeysOf(newTicketSecret(), tls));
    } catch (error) {
      this.#refuse([...path, 'cert'], certFile, `cannot be used: ${reasonOf(error)}`);
      return undefined;
    }
    const expiresAt = Date.parse(x509.validTo);
    this.#look(certFile, Date.parse(x509.validFrom), expiresAt);
    return { ...certificate, expiresAt };
  }

  #look(file: string, validFrom: number, expiresAt: number): void {
    if (expiresAt <= this.#now) {
      this.warnings.push(this.#told(file, `the certificate expired at ${new Date(expiresAt).toISOString()}`));
    } else if (validFrom > this.#now) {
      this.warnings.push(this.#told(file, `the certificate is not valid before ${new Date(validFrom).toISOString()}`));
    }
  }

  #text(file: string, path: Path): string | undefined {
    const at = resolve(this.#directory, file);
    const read = readTextFile(at);
    this.files.set(at, read.ok ? read.text : undefined);
    if (read.ok) return read.text;
    this.#refuse(path, file, read.reason);
    return undefined;
  }

  #refuse(path: Path, file: string, reason: string): void {
    this.faults.push({ path, message: this.#told(file, reason), unknownKey: false });
  }

  #told(file: string, what: string): string {
    return `${this.#shown(file)}: ${what}`;
  }

  #shown(file: string): string {
    return printable(resolve(this.#directory, file));
  }
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function privateKeyIn(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName.split(', ').flatMap((entry) => DNS_NAME.exec(entry)?.[1]?.toLowerCase() ?? []);
}

/** In OpenSSL's words, which never quote a file: `ee key too small`. */
function reasonOf(error: unknown): string {
  const { reason, code } = error as { readonly reason?: unknown; readonly code?: unknown };
  return String(reason ?? code ?? 'OpenSSL refuses it');
}
