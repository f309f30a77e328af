import { ANSWER_BYTES, BASE } from '../backend-facts.ts';
import { Prover, proveRouting } from '../harness/prove.ts';
import { boundRequests, type Scenario } from './scenario.ts';

export const newConnections: Scenario = {
  name: 'new-connections',
  summary: `GET with sticky cookie, ${ANSWER_BYTES} bytes of JSON, a new client connection for each request`,
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
  load: ({ port }, { generator, connections, seconds }) =>
    generator.run({ port, requests: boundRequests('Connection: close\r\n'), connections, seconds }),
};
