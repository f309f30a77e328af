/** The shapes that the harness and the load generators share. */

export type Load = {
  readonly port: number;
  /** Whole requests as they go on the wire, latin1; each connection sends them in turn. */
  readonly requests: readonly string[];
  readonly connections: number;
  readonly seconds: number;
};

export type LoadResult = {
  /** Requests answered with 2xx. */
  readonly requests: number;
  readonly seconds: number;
  /** From the request's write to the answer's last byte, in microseconds. */
  readonly p50: number;
  readonly p99: number;
};
