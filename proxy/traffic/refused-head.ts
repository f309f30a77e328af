/** A request whose head is refused never becomes an exchange; it is answered, counted and logged all the same. */
import type { RefusalCode } from '../http/refusals.ts';
import { REFUSALS, refusalAnswer } from '../http/refusals.ts';
import type { ExchangeRecord } from '../observe/record.ts';
import type { ClientConnection } from './client-connection.ts';
import type { WorkerContext } from './worker-context.ts';

export function refuseHead(worker: WorkerContext, client: ClientConnection, code: RefusalCode): void {
  const requestId = worker.requestIds.take('');
  const answer = refusalAnswer(code, {
    requestId,
    close: true,
    headOnly: false,
    retryAfter: -1,
    expireCookies: [],
    // What a head that is refused says, nobody knows.
    origin: '',
  });
  const bytesIn = client.unread?.length ?? 0;
  client.socket.write(answer, 'latin1');
  client.close();
  const record: ExchangeRecord = {
    requestId,
    clientAddress: client.forwarding.peer,
    method: '',
    target: '',
    token: '',
    created: '',
    reference: '',
    httpVersion: '',
    status: REFUSALS[code].status,
    node: '',
    class: 'any',
    by: '',
    verdict: '',
    conflict: false,
    attempts: 0,
    termination: code === 'request_timeout' ? 'client-timeout' : 'bad-request',
    error: code,
    startedAt: Date.now(),
    durationMs: 0,
    connectMs: -1,
    firstByteMs: -1,
    bytesIn,
    bytesOut: answer.length,
    tunnel: false,
    trace: undefined,
  };
  worker.record(record, -1);
}
