/** Asks one server one question: by UDP, and by TCP when there is more than a datagram holds (RFC 7766). */
import { createSocket } from 'node:dgram';
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
  const asking = { server, question, timeoutMs, signal };
  const reply = await settled<DnsExchange | DnsReply>((settle) => overUdp(asking, settle), asking);
  return reply.kind === 'truncated' ? settled<DnsExchange>((settle) => overTcp(asking, settle), asking) : reply;
}

interface Asking {
  readonly server: ServerAddress;
  readonly question: DnsQuestion;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

type Settle<Result> = (result: Result) => void;

/**
 * What `ask` settles for first, or nothing in time. `ask` returns what closes its socket. (`AbortSignal.any` would
 * leave a trace in a signal that lives for years, with each question.)
 */
function settled<Result>(
  ask: (settle: Settle<Result>) => () => void,
  { timeoutMs, signal }: Asking,
): Promise<Result | { readonly kind: 'timeout' }> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: 'timeout' });
    let close = (): void => {};
    const settle = (result: Result | { readonly kind: 'timeout' }): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      close();
      close = () => {};
      resolve(result);
    };
    const giveUp = (): void => settle({ kind: 'timeout' });
    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener('abort', giveUp);
    close = ask(settle);
  });
}

function overUdp({ server: { host, port }, question }: Asking, settle: Settle<DnsExchange | DnsReply>): () => void {
  const { id, bytes } = encodeQuestion(question);
  // A socket of its own for each question: its port is one more thing that a forger has to guess.
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let open = true;
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
  return () => {
    open = false;
    socket.close();
  };
}

function overTcp({ server: { host, port }, question }: Asking, settle: Settle<DnsExchange>): () => void {
  const { id, bytes } = encodeQuestion(question);
  const socket = createConnection({ host, port });
  let received = Buffer.alloc(0);
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
  return () => socket.destroy();
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
