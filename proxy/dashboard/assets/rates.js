/** What happened in the last seconds, from counts since the start. */

/** Snapshots in the window of a rate. */
const WINDOW = 10;

export class Rates {
  #past = [];

  /** Forgets what was: the proxy, or the connection to it, has begun anew. */
  reset() {
    this.#past = [];
  }

  add(snapshot) {
    const nodes = new Map(snapshot.nodes.map((node) => [node.name, node]));
    this.#past.push({ at: snapshot.at, requests: snapshot.traffic.requests, failed: snapshot.failed, nodes });
    if (this.#past.length > WINDOW + 1) this.#past.shift();
  }

  /** Of the whole proxy between the last two snapshots; undefined as long as there is one only. */
  get latest() {
    return this.#between(this.#past.at(-2), this.#past.at(-1));
  }

  /** Of the whole proxy in the window. */
  get all() {
    return this.#between(this.#past[0], this.#past.at(-1));
  }

  /** Of one node in the window. */
  of(name) {
    const before = this.#past.find(({ nodes }) => nodes.has(name));
    const now = this.#past.at(-1);
    const [a, b] = [before?.nodes.get(name), now?.nodes.get(name)];
    if (a === undefined || b === undefined || before === now) return undefined;
    const seconds = (now.at - before.at) / 1000;
    return {
      requests: perSecond(a.requests, b.requests, seconds),
      failed: perSecond(a.failed, b.failed, seconds),
      firstByte: difference(a.firstByte, b.firstByte),
    };
  }

  #between(before, now) {
    if (before === undefined || now === undefined || before === now) return undefined;
    const seconds = (now.at - before.at) / 1000;
    let firstByte = [];
    for (const [name, { firstByte: counts }] of now.nodes) {
      const earlier = before.nodes.get(name)?.firstByte ?? counts;
      firstByte = sum(firstByte, difference(earlier, counts));
    }
    return {
      requests: perSecond(before.requests, now.requests, seconds),
      failed: perSecond(before.failed, now.failed, seconds),
      firstByte,
    };
  }
}

/** In ms, interpolated within the bucket as Prometheus does; undefined when nothing was counted. `bounds` in seconds. */
export function quantile(q, counts, bounds) {
  const total = counts.reduce((all, one) => all + one, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (const [bucket, inBucket] of counts.entries()) {
    if (inBucket > 0 && below + inBucket >= q * total) {
      const from = bucket === 0 ? 0 : bounds[bucket - 1];
      const to = bounds[bucket] ?? from;
      return 1000 * (from + ((to - from) * (q * total - below)) / inBucket);
    }
    below += inBucket;
  }
  return undefined;
}

/** A count is smaller than before only when a worker died with what it had counted last. */
function perSecond(before, now, seconds) {
  return seconds > 0 ? Math.max(0, now - before) / seconds : 0;
}

function difference(before, now) {
  return now.map((count, bucket) => Math.max(0, count - (before[bucket] ?? 0)));
}

function sum(a, b) {
  return b.map((count, bucket) => count + (a[bucket] ?? 0));
}
