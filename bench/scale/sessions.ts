import { NODE_NAMES, SESSIONS } from '../backend-facts.ts';
import { Prover, type Question } from '../harness/prove.ts';
import { indexOfToken } from '../session-token.ts';
import { COST, type ScaleScenario } from './scale-scenario.ts';
import { sessionLoad } from './session-load.ts';
import { withSplitCpu } from './variant.ts';

const FEW = 1_000;
const CREATING_CONNECTIONS = 64;

/** Their owners are known by the answers that created them, all of which came through the proxy. */
export function sessions(most: number): ScaleScenario {
  const sizes = new Map([
    [`${FEW} sessions`, FEW],
    [`${most} sessions`, most],
  ]);
  /** The number of the first session of each. */
  const firsts = new Map<string, number>();
  return {
    name: 'sessions',
    summary: 'GET of one session after the other, at random, with the owner of each in the directory',
    metrics: COST,
    variants: Array.from(sizes, ([name, directory]) => ({
      name,
      nodes: NODE_NAMES.length,
      settings: { affinity: { directory } },
    })),
    async prove(target, { pinning }) {
      const count = sizes.get(target.name) ?? 0;
      const prover = new Prover(target);
      const ask = async (path: string, question?: Question): Promise<string> => {
        const { status, body } = await prover.ask(path, question);
        prover.equal(`status of ${path}`, status, 200);
        return JSON.parse(body.toString()).sessionToken;
      };
      try {
        const token = await ask(SESSIONS, { method: 'POST' });
        const first = indexOfToken(token);
        prover.equal('session that is asked for', await ask(`${SESSIONS}/${token}`), token);
        const load = { port: target.port, first, count: count - 1, connections: CREATING_CONNECTIONS, seconds: 0 };
        await sessionLoad(load, pinning);
        firsts.set(target.name, first);
      } finally {
        await prover.close();
      }
    },
    async measure(running, { place, connections, seconds }) {
      const { name, port } = running.target;
      const load = { port, first: firsts.get(name) ?? 0, count: sizes.get(name) ?? 0, connections, seconds };
      const { worker, rest, result } = await withSplitCpu(running, () => sessionLoad(load, place.pinning));
      return {
        cpu: worker && worker / result.requests,
        rest: rest && (rest / (result.seconds * 1e6)) * 100,
        rate: result.requests / result.seconds,
      };
    },
  };
}
