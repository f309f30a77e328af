/**
 * The header by which a proxy that passes TCP connections on says whose they are: the PROXY protocol of HAProxy,
 * versions 1 (a line of text) and 2 (binary). Strict: nobody but a proxy sends it, so what is odd about one is an
 * attack or a mistake.
 */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

export type ProxyHeader =
  | { readonly state: 'incomplete' }
  | { readonly state: 'malformed' }
  | {
      readonly state: 'complete';
      /** Bytes. */
      readonly length: number;
      /** The client's address, canonical; '' when the proxy does not know it or speaks for itself (a health check). */
      readonly source: string;
    };

const INCOMPLETE: ProxyHeader = { state: 'incomplete' };
const MALFORMED: ProxyHeader = { state: 'malformed' };

const V1_START = Buffer.from('PROXY ', 'latin1');
/** Of the longest line, CRLF included (§2.1). */
const V1_MAX = 107;

const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V2_FIXED = 16;
/** Of what follows the fixed part. With addresses, certificates' names and what clouds add it is some hundred bytes. */
const V2_MAX = 4096;

const CR = 0x0d;

/**
 * Reads a header from the beginning of `bytes`: all that has come so far. Whatever is wrong is told with its first
 * byte.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (bytes.length === 0) return INCOMPLETE;
  return bytes[0] === CR ? readV2(bytes) : readV1(bytes);
}

function readV1(bytes: Buffer): ProxyHeader {
  if (!agrees(bytes, V1_START)) return MALFORMED;
  const cr = bytes.indexOf(CR);
  const end = cr === -1 ? Math.min(bytes.length, V1_MAX) : cr;
  for (let i = V1_START.length; i < end; i++) {
    const code = bytes[i] ?? 0;
    if (code < 0x20 || code > 0x7e) return MALFORMED;
  }
  // There must be room for the LF.
  if (end > V1_MAX - 2) return MALFORMED;
  if (cr === -1 || cr + 1 === bytes.length) return INCOMPLETE;
  if (bytes[cr + 1] !== 0x0a) return MALFORMED;
  const source = sourceOfLine(bytes.toString('latin1', V1_START.length, cr));
  return source === undefined ? MALFORMED : { state: 'complete', length: cr + 2, source };
}

/** `line`: what follows `PROXY `. */
function sourceOfLine(line: string): string | undefined {
  const [protocol, source = '', destination = '', ...ports] = line.split(' ');
  // Whatever follows is to be ignored (§2.1).
  if (protocol === 'UNKNOWN') return '';
  const isAddress = protocol === 'TCP4' ? isIPv4 : protocol === 'TCP6' ? isPlainIPv6 : undefined;
  if (isAddress === undefined || !isAddress(source) || !isAddress(destination)) return undefined;
  return ports.length === 2 && ports.every(isPort) ? canonical(source) : undefined;
}

/** Without a zone. */
function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** Version and command; without the transport, which says nothing where a proxy speaks for itself. */
const LOCAL = 0x20;
const PROXY = 0x21;
const UNSPEC = 0x00;
const TCP4 = 0x11;
const TCP6 = 0x21;
const UNIX = 0x31;
/** Bytes of addresses and ports, by transport; those of datagrams cannot come over TCP. */
const ADDRESSES: ReadonlyMap<number, number> = new Map([
  [UNSPEC, 0],
  [TCP4, 12],
  [TCP6, 36],
  [UNIX, 216],
]);

function readV2(bytes: Buffer): ProxyHeader {
  if (!agrees(bytes, V2_SIGNATURE)) return MALFORMED;
  const [command = PROXY, transport = UNSPEC] = bytes.subarray(V2_SIGNATURE.length);
  if (command !== PROXY && command !== LOCAL) return MALFORMED;
  const needed = command === LOCAL ? 0 : ADDRESSES.get(transport);
  if (needed === undefined) return MALFORMED;
  if (bytes.length < V2_FIXED) return INCOMPLETE;
  const rest = bytes.readUInt16BE(14);
  if (rest < needed || rest > V2_MAX) return MALFORMED;
  const length = V2_FIXED + rest;
  if (bytes.length < length) return INCOMPLETE;
  // What follows the addresses (TLVs) is of no use here.
  return { state: 'complete', length, source: command === LOCAL ? '' : sourceOfBlock(bytes, transport) };
}

function sourceOfBlock(bytes: Buffer, transport: number): string {
  if (transport === TCP4) return bytes.subarray(V2_FIXED, V2_FIXED + 4).join('.');
  if (transport !== TCP6) return '';
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(V2_FIXED + 2 * group).toString(16));
  return canonical(groups.join(':'));
}

/** As systems write it (RFC 5952): everybody has to name it alike. */
function canonical(address: string): string {
  return new SocketAddress({ address, family: isIPv4(address) ? 'ipv4' : 'ipv6' }).address;
}

/** As far as both go. */
function agrees(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}
