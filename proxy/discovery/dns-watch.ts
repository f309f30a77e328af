/**
 * Asks for a name again and again: when what is known of it is no longer valid, and soon after a failure. What was
 * known before a failure stays known.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DnsSourceConfig } from '../../config/discovery-schema.ts';
import { parseServerAddress } from '../../config/server-address.ts';
import { SECOND } from '../../config/values.ts';
import { type Endpoint, type Found, findEndpoints, type LookUpFailure } from './endpoints.ts';
import type { ResolvConf } from './resolv-conf.ts';

/** After failures in a row it is asked at least so often, ms. */
const LONGEST_RETRY_MS = 30 * SECOND;

/**
 * Of a look-up:
 * - `ok`: nodes were found.
 * - `empty`: there is no such name, or no node at it: as good as a failure, the nodes of before stay.
 * - `timeout`, `unreachable`: of all name servers.
 * - `refused`: the name servers had an error, or do not answer such questions.
 * - `too-many`: more nodes than there may be.
 */
export const LOOK_UP_RESULTS = [
  'ok',
  'empty',
  'timeout',
  'unreachable',
  'refused',
  'too-many',
] as const satisfies readonly ('ok' | LookUpFailure)[];
export type LookUpResult = (typeof LOOK_UP_RESULTS)[number];

/** How a source of nodes fares. */
export interface SourceReport {
  /** As `sourceText` has it. */
  readonly source: string;
  /** That are known. */
  readonly nodes: number;
  /** ms since the epoch; undefined for never. */
  readonly succeededAt: number | undefined;
  /** Why the last look-up failed; undefined when it did not, or there was none yet. */
  readonly failing: string | undefined;
  readonly counts: Readonly<Record<LookUpResult, number>>;
}

export interface DnsWatchOptions {
  /** Read before each look-up, since it changes with the network. */
  readonly system: () => ResolvConf;
  /** Known from before. */
  readonly held: readonly Endpoint[] | undefined;
  /** After each look-up. `changed`: other endpoints are known, or what is told of the source is another thing. */
  readonly onAnswer: (watch: DnsWatch, changed: boolean) => void;
}

export class DnsWatch {
  readonly source: string;
  readonly #options: DnsWatchOptions;
  readonly #stopped = new AbortController();
  readonly #counts: Record<LookUpResult, number> = {
    ok: 0,
    empty: 0,
    timeout: 0,
    unreachable: 0,
    refused: 0,
    'too-many': 0,
  };
  #config: DnsSourceConfig;
  #most: number;
  #endpoints: readonly Endpoint[];
  #passed: readonly string[] = [];
  #succeededAt: number | undefined;
  #failure: Extract<Found, { readonly ok: false }> | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `most`: endpoints that an answer may have. */
  constructor(config: DnsSourceConfig, most: number, options: DnsWatchOptions) {
    this.source = sourceText(config);
    this.#config = config;
    this.#most = most;
    this.#options = options;
    this.#endpoints = options.held ?? [];
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /** What the last answer had that is of no use, one line each. */
  get passed(): readonly string[] {
    return this.#passed;
  }

  get report(): SourceReport {
    return {
      source: this.source,
      nodes: this.#endpoints.length,
      succeededAt: this.#succeededAt,
      failing: this.#failure?.why,
      counts: this.#counts,
    };
  }

  /** Begins to ask; resolves after the first look-up, whatever it brings. */
  async start(): Promise<void> {
    await this.#ask();
  }

  /** Asks for the same by other rules from the next time on. */
  follow(config: DnsSourceConfig, most: number): void {
    this.#config = config;
    this.#most = most;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
  }

  async #ask(): Promise<void> {
    const { servers, timeout } = this.#config;
    const { signal } = this.#stopped;
    const system = this.#options.system();
    const asked =
      servers === undefined
        ? system
        : { servers: servers.flatMap((server) => parseServerAddress(server) ?? []), search: [], ndots: 1 };
    const found = await findEndpoints(this.#config, asked, this.#most, {
      servers: asked.servers,
      timeoutMs: timeout,
      signal,
    });
    if (signal.aborted) return;
    const changed = found.ok ? this.#succeeded(found) : this.#failed(found);
    this.#timer = setTimeout(() => void this.#ask(), this.#delayAfter(found)).unref();
    this.#options.onAnswer(this, changed);
  }

  #succeeded({ endpoints, passed }: Extract<Found, { readonly ok: true }>): boolean {
    const before = [this.#endpoints, this.#passed, this.#failure];
    this.#counts.ok++;
    this.#failures = 0;
    this.#failure = undefined;
    this.#succeededAt = Date.now();
    this.#endpoints = endpoints;
    this.#passed = passed;
    return !isDeepStrictEqual(before, [endpoints, passed, undefined]);
  }

  /** Whether that is news: why it fails may change with each look-up. */
  #failed(found: Extract<Found, { readonly ok: false }>): boolean {
    const isNews = this.#failure === undefined;
    this.#counts[found.failure]++;
    this.#failures++;
    this.#failure = found;
    return isNews;
  }

  /** ms. */
  #delayAfter(found: Found): number {
    const { minTtl, maxTtl } = this.#config;
    if (found.ok) return Math.min(maxTtl, Math.max(minTtl, found.ttl * SECOND));
    return Math.min(maxTtl, LONGEST_RETRY_MS, minTtl * 2 ** Math.min(this.#failures - 1, 10));
  }
}

/** What a source is called for people. The same for sources that ask for the same. */
export function sourceText({ type, name, port, servers }: DnsSourceConfig): string {
  const what = port === undefined ? name : `${name} port ${port}`;
  return `${type} ${what}${servers === undefined ? '' : ` of ${servers.join(', ')}`}`;
}
