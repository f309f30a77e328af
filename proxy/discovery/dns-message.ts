/** Questions and answers of the domain name system, as far as nodes are found by them. Knows no sockets. */
import { randomInt } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { type Answer, decode, encode, RECURSION_DESIRED } from 'dns-packet';

/** What passes without fragments on any way (DNS Flag Day 2020); servers cut off what is more, and TCP carries it. */
const UDP_PAYLOAD = 1232;
/** s; a TTL above is to be taken as 0 (RFC 2181 §8). */
const MOST_TTL = 2 ** 31 - 1;

export interface DnsQuestion {
  /** Without the dot at its end. */
  readonly name: string;
  readonly type: 'SRV' | 'A' | 'AAAA';
}

/** Names in lower case, without the dot at their end; `.` is the root. `ttl`: s. */
export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly name: string; readonly ttl: number; readonly address: string }
  | { readonly type: 'CNAME'; readonly name: string; readonly ttl: number; readonly target: string }
  | {
      readonly type: 'SRV';
      readonly name: string;
      readonly ttl: number;
      readonly target: string;
      readonly port: number;
    };

export type DnsReply =
  /** `additional`: what the server told as well, such as addresses of SRV targets. */
  | { readonly kind: 'answer'; readonly records: readonly DnsRecord[]; readonly additional: readonly DnsRecord[] }
  /** There is no such name. */
  | { readonly kind: 'nxdomain' }
  /** The server does not know, or does not say. `code`: such as `SERVFAIL`. */
  | { readonly kind: 'error'; readonly code: string }
  /** There is more than a datagram holds. */
  | { readonly kind: 'truncated' };

export interface EncodedQuestion {
  readonly id: number;
  readonly bytes: Buffer;
}

/** `name`: a host name, whose labels have been looked at: the encoder would cut off what is too long. */
export function encodeQuestion({ name, type }: DnsQuestion): EncodedQuestion {
  // Nobody who does not see the question may guess it (RFC 5452 §9.2); the port is random as well.
  const id = randomInt(0x1_0000);
  const bytes = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type, class: 'IN' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: UDP_PAYLOAD,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
  return { id, bytes };
}

/**
 * undefined for what is no answer to the question: noise, an answer to another one, or somebody's attempt to forge one.
 */
export function decodeReply(message: Buffer, { name, type }: DnsQuestion, id: number): DnsReply | undefined {
  let packet: ReturnType<typeof decode>;
  try {
    packet = decode(message);
  } catch {
    return undefined;
  }
  // The decoder reads on beyond the end of an address that is cut short.
  if (decode.bytes > message.length) return undefined;
  const [question, second] = packet.questions ?? [];
  if (packet.id !== id || !packet.flag_qr || question === undefined || second !== undefined) return undefined;
  if (question.type !== type || question.class !== 'IN' || plain(question.name) !== plain(name)) return undefined;
  if (packet.flag_tc) return { kind: 'truncated' };
  const { rcode } = packet as { readonly rcode?: unknown };
  if (rcode === 'NXDOMAIN') return { kind: 'nxdomain' };
  if (rcode !== 'NOERROR') return { kind: 'error', code: String(rcode) };
  return {
    kind: 'answer',
    records: (packet.answers ?? []).flatMap(recordOf),
    additional: (packet.additionals ?? []).flatMap(recordOf),
  };
}

/** Records of other kinds and classes are passed over, and addresses that are none. */
function recordOf(answer: Answer): readonly DnsRecord[] {
  if (answer.type === 'OPT' || answer.class !== 'IN') return [];
  const { ttl: told = 0 } = answer as { readonly ttl?: number };
  const [name, ttl] = [plain(answer.name), told > MOST_TTL ? 0 : told];
  switch (answer.type) {
    case 'A':
      return isIPv4(answer.data) ? [{ type: 'A', name, ttl, address: answer.data }] : [];
    case 'AAAA':
      return isIPv6(answer.data) ? [{ type: 'AAAA', name, ttl, address: answer.data }] : [];
    case 'CNAME':
      return [{ type: 'CNAME', name, ttl, target: plain(answer.data) }];
    case 'SRV':
      return [{ type: 'SRV', name, ttl, target: plain(answer.data.target), port: answer.data.port }];
    default:
      return [];
  }
}

function plain(name: string): string {
  return name === '.' ? name : name.replace(/\.$/, '').toLowerCase();
}
