/** The shapes that the harness and the load generators share. */

/**
 * How clients speak TLS: 1.3 alone. `full`: none resumes a session; `resumed`: all do that have one, and then it is a
 * failure when it is not accepted.
 */
export type LoadTls = 'full' | 'resumed';

export type Load = {
  readonly port: number;
  /** Unset: plain. */
  readonly tls?: LoadTls | undefined;
  /** Whole requests as they go on the wire, latin1; each connection sends its own, as a client with its cookie does. */
  readonly requests: readonly string[];
  /** Each connection sends all of them in turn, as a proxy before this one would. */
  readonly mixed?: boolean | undefined;
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

export type LoadOutcome = LoadResult & {
  /** Answers other than 2xx, broken answers, connections refused or lost under a request. */
  readonly failures: number;
};

/** Requests at fixed times, as long as it takes; latency counts from when each was due. */
export type Offer = Load & { readonly perSecond: number };

export type OfferOutcome = LoadOutcome & {
  readonly p999: number;
  readonly max: number;
  /** The generator's own fault: by how much it began requests too late, 99th percentile in microseconds. */
  readonly late: number;
};

/** Bodies of any size, one after the other on each connection. */
export type Transfers = {
  readonly port: number;
  /** Unset: plain. */
  readonly tls?: LoadTls | undefined;
  /** Heads as they go on the wire, latin1; each connection sends its own. */
  readonly heads: readonly string[];
  /** Bytes of body that follow each head. */
  readonly upload: number;
  readonly connections: number;
  /** No transfer begins after that; the last ones are finished. */
  readonly seconds: number;
};

export type TransferOutcome = {
  /** Transfers whose answer was 2xx and complete. */
  readonly transfers: number;
  /** Until the last one was finished. */
  readonly seconds: number;
  readonly failures: number;
};

/** WebSocket messages: each tunnel sends its next one when the one before has come back. */
export type Messages = {
  readonly port: number;
  /** Upgrade requests, latin1; each connection sends its own. */
  readonly heads: readonly string[];
  /** Bytes in a message. */
  readonly payload: number;
  readonly connections: number;
  readonly seconds: number;
};

/** Connections that are opened and then only held. */
export type Hold = {
  readonly port: number;
  /** Whole requests, latin1; each connection sends its own. */
  readonly requests: readonly string[];
  /** Each request has to be answered by 101; otherwise by nothing. */
  readonly tunnels: boolean;
  readonly connections: number;
  /** So many are opened at a time. */
  readonly together: number;
};
