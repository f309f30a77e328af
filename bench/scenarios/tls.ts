/** What TLS adds: handshakes, and bytes that are encrypted. The nodes are asked in clear. */
import { requestsAnswered } from '../harness/load.ts';
import { proveTls } from '../harness/prove-tls.ts';
import type { LoadTls } from '../load/load.ts';
import { answers1Mb, answers100Mb } from './bulk.ts';
import { newConnections } from './new-connections.ts';
import { boundRequests, exchangeMetrics, measureExchanges } from './requests.ts';
import type { Scenario } from './scenario.ts';
import { smallAnswers } from './small-answers.ts';

const SPOKEN = 'TLS 1.3 with AES-128-GCM, X25519, ECDSA on P-256';

const overTls = (plain: Scenario): Scenario => ({
  ...plain,
  name: `tls-${plain.name}`,
  summary: `${plain.summary}; ${SPOKEN}`,
  tls: true,
  async prove(target) {
    await proveTls(target);
    await plain.prove(target);
  },
});

const handshakes = (name: string, which: string, tls: LoadTls): Scenario => ({
  ...overTls(newConnections),
  name,
  summary: `${newConnections.summary}, ${which}; ${SPOKEN}`,
  metrics: exchangeMetrics('handshake'),
  measure(contender, { place, connections, seconds }) {
    const requests = boundRequests('Connection: close\r\n');
    const load = { port: contender.target.port, tls, requests, connections, seconds };
    return measureExchanges(contender, () => requestsAnswered(load, place.pinning));
  },
});

export const tlsHandshakes = handshakes('tls-handshakes', 'full handshakes', 'full');
export const tlsResumptions = handshakes('tls-resumptions', 'sessions resumed by tickets', 'resumed');
export const tlsSmallAnswers = overTls(smallAnswers);
export const tlsAnswers1Mb = overTls(answers1Mb);
export const tlsAnswers100Mb = overTls(answers100Mb);
