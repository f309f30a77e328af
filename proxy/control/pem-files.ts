/** Certificates and keys in the files that a configuration names, with all that is wrong about them. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { printable } from '../../config/show.ts';
import { readTextFile } from '../../config/text-file.ts';
import type { Fault } from '../../config/validation.ts';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A certificate with its key, both in PEM. */
export interface PemPair {
  readonly cert: string;
  /** Secret. */
  readonly key: string;
  readonly x509: X509Certificate;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

export class PemFiles {
  readonly faults: Fault[] = [];
  readonly warnings: string[] = [];
  /** Every file by its path; undefined for one that could not be read. */
  readonly files = new Map<string, string | undefined>();
  readonly #directory: string;
  readonly #now: number;

  /** `directory`: what names of files are relative to. `now`: ms since the epoch. */
  constructor(directory: string, now: number) {
    this.#directory = directory;
    this.#now = now;
  }

  /** Certificates of CAs; undefined when that is not what the file holds. */
  authorities(file: string, path: Fault['path']): string | undefined {
    const text = this.#text(file, path);
    if (text === undefined) return undefined;
    const found = text.match(PEM_CERTIFICATE) ?? [];
    if (found.length > 0 && found.every((pem) => certificateIn(pem) !== undefined)) return text;
    this.#refuse(path, file, 'expected certificates of CAs in PEM');
    return undefined;
  }

  /** `use`: throws what OpenSSL has against them. */
  pair(
    { cert: certFile, key: keyFile }: { readonly cert: string; readonly key: string },
    path: Fault['path'],
    use: (pair: PemPair) => void,
  ): PemPair | undefined {
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
      const whose = `expected the key of ${this.#shown(certFile)}, not that of another certificate`;
      this.#refuse([...path, 'key'], keyFile, whose);
      return undefined;
    }
    const pair = { cert, key, x509, expiresAt: Date.parse(x509.validTo) };
    try {
      use(pair);
    } catch (error) {
      this.#refuse([...path, 'cert'], certFile, `cannot be used: ${reasonOf(error)}`);
      return undefined;
    }
    this.#look(certFile, Date.parse(x509.validFrom), pair.expiresAt);
    return pair;
  }

  warn(file: string, what: string): void {
    this.warnings.push(this.#told(file, what));
  }

  #look(file: string, validFrom: number, expiresAt: number): void {
    if (expiresAt <= this.#now) this.warn(file, `the certificate expired at ${new Date(expiresAt).toISOString()}`);
    else if (validFrom > this.#now) {
      this.warn(file, `the certificate is not valid before ${new Date(validFrom).toISOString()}`);
    }
  }

  #text(file: string, path: Fault['path']): string | undefined {
    const at = resolve(this.#directory, file);
    const read = readTextFile(at);
    this.files.set(at, read.ok ? read.text : undefined);
    if (read.ok) return read.text;
    this.#refuse(path, file, read.reason);
    return undefined;
  }

  #refuse(path: Fault['path'], file: string, reason: string): void {
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

function privateKeyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** In OpenSSL's words, which never quote a file: `ee key too small`. */
function reasonOf(error: unknown): string {
  const { reason, code } = error as { readonly reason?: unknown; readonly code?: unknown };
  return String(reason ?? code ?? 'OpenSSL refuses it');
}
