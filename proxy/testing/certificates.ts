/** Certificates made for one test, X.509 in DER (RFC 5280): no file with a key lies about, none expires. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { Certificate } from '../tls/listener-tls.ts';

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const BOOLEAN = 0x01;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
/** [2], and [0], [3] of a constructed type. */
const DNS_NAME = 0x82;
/** [7] */
const IP_ADDRESS = 0x87;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
/** ecdsa-with-SHA256, sha256WithRSAEncryption. */
const SIGNED_BY = {
  ec: Buffer.from('300a06082a8648ce3d040302', 'hex'),
  rsa: Buffer.from('300d06092a864886f70d01010b0500', 'hex'),
};

const DAY_MS = 24 * 60 * 60 * 1000;

export interface MintOptions {
  /** IPv4 addresses as well. */
  readonly names?: readonly string[];
  readonly commonName?: string;
  /** Absent: by itself. */
  readonly by?: Minted;
  readonly ca?: boolean;
  /** ms since the epoch. */
  readonly from?: number;
  readonly to?: number;
  readonly key?: 'ec' | 'rsa';
  readonly rsaBits?: number;
}

export interface Minted extends Certificate {
  readonly commonName: string;
  /** SHA-256, as `TLSSocket.getPeerCertificate` says it. */
  readonly fingerprint: string;
}

export function mint(options: MintOptions = {}): Minted {
  const { names = [], commonName = names[0] ?? 'test', by, ca = false, key = 'ec', rsaBits = 2048 } = options;
  const { from = Date.now() - DAY_MS, to = Date.now() + DAY_MS } = options;
  const { publicKey, privateKey } =
    key === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: rsaBits });
  const signer = by === undefined ? privateKey : createPrivateKey(by.key);
  const algorithm = SIGNED_BY[signer.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec'];
  const body = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.of(2))),
    der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    nameOf(by?.commonName ?? commonName),
    der(SEQUENCE, time(from), time(to)),
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXTENSIONS, der(SEQUENCE, ...extensions(names, ca))),
  );
  const signature = sign('sha256', body, signer);
  const cert = pem(der(SEQUENCE, body, algorithm, der(BIT_STRING, Buffer.of(0), signature)));
  return { cert, key: keyText(privateKey), names, commonName, fingerprint: new X509Certificate(cert).fingerprint256 };
}

function extensions(names: readonly string[], ca: boolean): readonly Buffer[] {
  const alternatives = names.map((name) =>
    isIPv4(name) ? der(IP_ADDRESS, Buffer.from(name.split('.').map(Number))) : der(DNS_NAME, Buffer.from(name)),
  );
  return [
    ...(names.length > 0 ? [der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, der(SEQUENCE, ...alternatives)))] : []),
    der(
      SEQUENCE,
      BASIC_CONSTRAINTS,
      der(BOOLEAN, Buffer.of(0xff)),
      der(OCTET_STRING, der(SEQUENCE, ...(ca ? [der(BOOLEAN, Buffer.of(0xff))] : []))),
    ),
  ];
}

function nameOf(commonName: string): Buffer {
  return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName)))));
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/\.\d+/, '').replaceAll(/[-:T]/g, '');
  return der(GENERALIZED_TIME, Buffer.from(text));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  // As few bytes as will do: not all readers take more.
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function keyText(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
