/** What a listener needs to speak TLS, with its files read: plain JSON, as it goes from the primary to the workers. */
import { X509Certificate } from 'node:crypto';
import type { ProxyConfig } from '../../config/proxy-schema.ts';

export type MinVersion = NonNullable<ProxyConfig['listeners'][number]['tls']>['minVersion'];

export interface Certificate {
  /** PEM, the listener's own certificate first, then those that lead to its CA. */
  readonly cert: string;
  /** PEM. Secret: never to be shown, logged or put into a message for a person. */
  readonly key: string;
  /** Lower-case names of its subjectAltName, exact or `*.` and a name. */
  readonly names: readonly string[];
}

export interface ListenerTls {
  /** At least one; the first also serves names that are nobody's. */
  readonly certificates: readonly Certificate[];
  readonly minVersion: MinVersion;
  /** PEM; with it each client has to show a certificate of one of these. */
  readonly clientCa?: string;
}

/** In the order of the listeners, null for a plain one. */
export type ListenersTls = readonly (ListenerTls | null)[];

/** Texts of the files that the options for TLS to nodes name, by the names there. Secret, as keys are among them. */
export type NodeTlsFiles = Readonly<Record<string, string>>;

/** What was read of the files that the configuration names. */
export interface TlsMaterial {
  readonly listeners: ListenersTls;
  readonly nodeFiles: NodeTlsFiles;
}

/** All that a worker needs. `ticketSecret`: of `sessionKeysOf`. */
export interface WorkerTls extends TlsMaterial {
  readonly ticketSecret: string;
}

/** Whether all have keys of the same kind, RSA or elliptic curves. */
export function ofOneKind(certificates: readonly Certificate[]): boolean {
  return new Set(certificates.map(({ cert }) => new X509Certificate(cert).publicKey.asymmetricKeyType)).size <= 1;
}
