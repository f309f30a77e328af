/** The one shape of all scenarios: prove that a contender's answers are right, then load it once. */
import { BASE, COOKIE, NODE_NAMES } from '../backend-facts.ts';
import type { Target } from '../harness/contender.ts';
import type { LoadGenerator } from '../harness/load.ts';
import type { LoadResult } from '../load/load.ts';

export type Scenario = {
  /** The word for `--scenarios`. */
  readonly name: string;
  /** What happens, in one line, for the report. */
  readonly summary: string;
  /** Throws when the target does not answer as this scenario needs. */
  readonly prove: (target: Target) => Promise<void>;
  /** One timed round. */
  readonly load: (target: Target, drive: Drive) => Promise<LoadResult>;
};

export type Drive = {
  readonly generator: LoadGenerator;
  readonly connections: number;
  readonly seconds: number;
};

/** A GET for the small answer, as a browser bound to each node in turn sends it. */
export function boundRequests(headers = ''): string[] {
  return NODE_NAMES.map(
    (node) =>
      `GET ${BASE}/answer HTTP/1.1\r\nHost: agents.example.com\r\nAccept: application/json\r\n` +
      `Cookie: ${COOKIE}=${node}\r\n${headers}\r\n`,
  );
}
