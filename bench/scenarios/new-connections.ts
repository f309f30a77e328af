import { ANSWER_BYTES, BASE } from '../backend-facts.ts';
import { Prover, proveRouting } from '../harness/prove.ts';
import { boundRequests, exchangeMetrics, measureRequests } from './requests.ts';
import type { Scenario } from './scenario.ts';

/**
 * After one round V8 still compiles: 55 of 280 µs for each of the first 12,000 connections. Over TLS the clients make
 * some 800 a second.
 */
const WARMING = 5;

export const newConnections: Scenario = {
  name: 'new-connections',
  summary: `GET with sticky cookie, ${ANSWER_BYTES} bytes of JSON, a new client connection for each request`,
  metrics: exchangeMetrics('request'),
  warming: WARMING,
  async prove(target) {
    await proveRouting(target);
    const prover = new Prover(target);
    try {
      const { status, headers } = await prover.ask(`${BASE}/answer`, { reset: true });
      prover.equal('status of a closing request', status, 200);
      prover.equal('Connection of its answer', String(headers.connection).toLowerCase(), 'close');
    } finally {
      await prover.close();
    }
  },
  measure: (contender, drive) => measureRequests(contender, drive, boundRequests('Connection: close\r\n')),
};
