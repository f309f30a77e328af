/** A finished exchange for tests. */
import type { ExchangeRecord } from '../record.ts';

export function exchange(differences: Partial<ExchangeRecord> = {}): ExchangeRecord {
  return {
    requestId: 'r-1',
    clientAddress: '192.0.2.7',
    method: 'GET',
    target: '/cobrowse/app.js',
    token: '',
    created: '',
    reference: '',
    httpVersion: '1.1',
    status: 200,
    node: 'a',
    class: 'any',
    by: 'balance',
    verdict: 'free',
    conflict: false,
    attempts: 1,
    termination: 'completed',
    error: '',
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    durationMs: 12.3456789,
    connectMs: -1,
    firstByteMs: 7.5,
    bytesIn: 100,
    bytesOut: 1000,
    tunnel: false,
    trace: undefined,
    ...differences,
  };
}
