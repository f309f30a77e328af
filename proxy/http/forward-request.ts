/** The head that a node gets: the client's fields without the hop-by-hop ones, and what this proxy says itself. */
import { ownCopy } from './own-copy.ts';
import type { RequestHead } from './request-head.ts';

export interface Forwarding {
  /** Peer address as it appears in X-Forwarded-For. */
  readonly peer: string;
  /** The peer is a listed proxy: what it says of the client is kept and appended to. */
  readonly trusted: boolean;
  readonly proto: 'http' | 'https';
  /** The client speaks HTTP/2, whatever the head says that was made of its request. */
  readonly http2: boolean;
  /** Our pseudonym in Via. */
  readonly via: string;
  readonly requestIdHeader: string;
}

/**
 * The head to send to a node, ending with the empty line.
 * @param authority the node's own, for requests that came without a Host (HTTP/1.0)
 * @param traceFields lines in place of those that were taken out of a head that is traced
 */
export function requestHeadFor(
  head: RequestHead,
  target: string,
  authority: string,
  forwarding: Forwarding,
  requestId: string,
  traceFields = '',
): string {
  const before = `${head.method} ${target} HTTP/1.1\r\n${fieldsFor(head, authority, forwarding)}`;
  const upgrade = head.websocket ? 'Connection: Upgrade\r\nUpgrade: websocket\r\n' : '';
  return `${before}${forwarding.requestIdHeader}: ${requestId}\r\n${traceFields}${upgrade}\r\n`;
}

/** What the fields of a request become; of those that a client repeats, what became of them before. */
function fieldsFor(head: RequestHead, authority: string, forwarding: Forwarding): string {
  if (!head.repeated) return makeFields(head, authority, forwarding);
  // In one piece: its parts would be put together for each request.
  if (head.repeatedForNode === '') head.repeatedForNode = ownCopy(makeFields(head, authority, forwarding));
  return head.repeatedForNode;
}

function makeFields(head: RequestHead, authority: string, forwarding: Forwarding): string {
  let { fields } = head;
  if (head.needsHost) fields += `Host: ${head.host === '' ? authority : head.host}\r\n`;
  fields += forwardedFields(head, forwarding);
  if (head.chunked) fields += 'Transfer-Encoding: chunked\r\n';
  else if (head.contentLength >= 0) fields += `Content-Length: ${head.contentLength}\r\n`;
  if (head.expectsContinue) fields += 'Expect: 100-continue\r\n';
  return fields;
}

function forwardedFields(head: RequestHead, { peer, trusted, proto, http2, via }: Forwarding): string {
  const version = http2 ? '2' : head.http10 ? '1.0' : '1.1';
  if (!trusted) {
    let fields = `X-Forwarded-For: ${peer}\r\nX-Forwarded-Proto: ${proto}\r\nVia: ${version} ${via}\r\n`;
    if (head.host !== '') fields += `X-Forwarded-Host: ${head.host}\r\n`;
    return head.forwarded === '' ? fields : `${fields}Forwarded: ${forwardedElement(peer, head.host, proto)}\r\n`;
  }
  const host = head.forwardedHost === '' ? head.host : head.forwardedHost;
  let fields =
    `X-Forwarded-For: ${append(head.forwardedFor, peer)}\r\n` +
    `X-Forwarded-Proto: ${head.forwardedProto === '' ? proto : head.forwardedProto}\r\n` +
    `Via: ${append(head.via, `${version} ${via}`)}\r\n`;
  if (host !== '') fields += `X-Forwarded-Host: ${host}\r\n`;
  if (head.forwarded !== '') fields += `Forwarded: ${head.forwarded}, ${forwardedElement(peer, head.host, proto)}\r\n`;
  return fields;
}

function append(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`;
}

/** RFC 7239 §4; an IPv6 address is quoted and bracketed. */
function forwardedElement(peer: string, host: string, proto: string): string {
  const node = peer.includes(':') ? `"[${peer}]"` : peer;
  return host === '' ? `for=${node};proto=${proto}` : `for=${node};host="${host}";proto=${proto}`;
}
