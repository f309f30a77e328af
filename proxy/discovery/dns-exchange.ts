/** Asks one server one question: by UDP, and by TCP when there is more than a datagram holds (RFC 7766). */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createConnection, isIPv6 } from 'node:net';
import type { ServerAddress } from '../../config/server-address.ts';
import { type DnsQuestion, type DnsReply, decodeReply, encodeQuestion } from './dns-message.ts';

export type DnsExchange =
  | Exclude<DnsReply, { readonly kind: 'truncated' }>
  | { readonly kind: 'timeout' }
  /** `code`: of the system, such as ECONNREFUSED, or what is wrong with the answer. */
  | { readonly kind: 'unreachable'; readonly code: string };

/** `timeoutMs`: for UDP and TCP each. Never rejects; `signal` ends it as if the time were up. */
export async function askServer(
  server: ServerAddress,
  question: DnsQuestion,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<DnsExchange> {
  const within = (): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const reply = await overUdp(server, question, within());
  return reply.kind === 'truncated' ? overTcp(server, question, within()) : reply;
}

type Settled = DnsExchange | { readonly kind: 'truncated' };

function overUdp({ host, port }: ServerAddress, question: DnsQuestion, signal: AbortSignal): Promise<Settled> {
  const { id, bytes } = encodeQuestion(question);
  return new Promise((resolve) => {
    // A socket of its own for each question: its port is one more thing that a forger has to guess.
    const socket: UdpSocket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    let open = true;
    const settle = (result: Settled): void => {
      if (!open) return;
      open = false;
      signal.removeEventListener('abort', onAbort);
      socket.close();
      resolve(result);
    };
    const onAbort = (): void => settle({ kind: 'timeout' });
    if (signal.aborted) return settle({ kind: 'timeout' });
    signal.addEventListener('abort', onAbort);
    socket.on('error', (error) => settle({ kind: 'unreachable', code: codeOf(error) }));
    // What does not answer this question is passed over: the answer may still come.
    socket.on('message', (message) => {
      const reply = decodeReply(message, question, id);
      if (reply !== undefined) settle(reply);
    });
    // Connected: the kernel passes on datagrams of this server alone, and tells when nobody listens there.
    socket.connect(port, host, () => {
      if (open) socket.send(bytes, (error) => error && settle({ kind: 'unreachable', code: codeOf(error) }));
    });
  });
}

function overTcp({ host, port }: ServerAddress, question: DnsQuestion, signal: AbortSignal): Promise<DnsExchange> {
  const { id, bytes } = encodeQuestion(question);
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    let received = Buffer.alloc(0);
    const settle = (result: DnsExchange): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(result);
    };
    const onAbort = (): void => settle({ kind: 'timeout' });
    if (signal.aborted) return settle({ kind: 'timeout' });
    signal.addEventListener('abort', onAbort);
    socket.on('error', (error) => settle({ kind: 'unreachable', code: codeOf(error) }));
    socket.on('end', () => settle({ kind: 'unreachable', code: 'closed before the answer' }));
    socket.on('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      socket.write(Buffer.concat([length, bytes]));
    });
    // At most 64 KiB: what is after the first message is not waited for.
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const end = received.length < 2 ? Number.POSITIVE_INFINITY : 2 + received.readUInt16BE(0);
      if (received.length < end) return;
      const reply = decodeReply(received.subarray(2, end), question, id);
      if (reply === undefined || reply.kind === 'truncated') settle({ kind: 'unreachable', code: 'malformed answer' });
      else settle(reply);
    });
  });
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
