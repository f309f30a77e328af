/** Keeps asking for the nodes of all sources that a configuration has in DNS. */
import type { DiscoveryConfig, DnsSourceConfig } from '../../config/discovery-schema.ts';
import { DnsWatch, type SourceReport, sourceText } from './dns-watch.ts';
import type { Endpoint } from './endpoints.ts';
import { type ResolvConf, readResolvConf } from './resolv-conf.ts';

/** How long a start, or a reload, waits for the first answers, ms. */
const FIRST_WAIT_MS = 5000;

/** Endpoints by `sourceText`. */
export type HeldEndpoints = Readonly<Record<string, readonly Endpoint[]>>;

export interface DiscoveryOptions {
  /** Known from a primary before this one. */
  readonly held?: HeldEndpoints | undefined;
  /** Others are found than before. */
  readonly onChange: () => void;
  /** One line for the operator, once for each change of how a source fares. */
  readonly tell: (level: 'info' | 'warn', source: string, message: string) => void;
  /** Absent: as `/etc/resolv.conf` says. */
  readonly system?: () => ResolvConf;
}

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #watches = new Map<string, DnsWatch>();
  #stopped = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  get reports(): readonly SourceReport[] {
    return [...this.#watches.values()].map((watch) => watch.report);
  }

  get held(): HeldEndpoints {
    const known = [...this.#watches].filter(([, { endpoints }]) => endpoints.length > 0);
    return Object.fromEntries(known.map(([source, { endpoints }]) => [source, endpoints]));
  }

  /** What is known, be it from long ago. */
  endpointsOf(source: DnsSourceConfig): readonly Endpoint[] {
    const text = sourceText(source);
    return this.#watches.get(text)?.endpoints ?? this.#heldOf(text) ?? [];
  }

  /**
   * Asks for what is new in it as well; resolves with the first answers, or when they have been waited for long enough.
   * Where something is known from before, none is waited for.
   */
  async ask({ dns, maxNodes }: Pick<DiscoveryConfig, 'dns' | 'maxNodes'>): Promise<void> {
    const first: Promise<void>[] = [];
    for (const source of dns) {
      const text = sourceText(source);
      if (this.#stopped || this.#watches.has(text)) continue;
      const held = this.#heldOf(text);
      const watch = new DnsWatch(source, maxNodes, {
        system: this.#options.system ?? readResolvConf,
        held,
        onAnswer: (answered, changed) => {
          if (changed) this.#changed(answered);
        },
      });
      this.#watches.set(text, watch);
      const started = watch.start();
      if (held === undefined) first.push(started);
    }
    if (first.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FIRST_WAIT_MS);
    });
    await Promise.race([Promise.all(first), waited]);
    clearTimeout(timer);
  }

  /** Asks for nothing else from now on. */
  follow({ dns, maxNodes }: Pick<DiscoveryConfig, 'dns' | 'maxNodes'>): void {
    const wanted = new Map(dns.map((source) => [sourceText(source), source]));
    for (const [text, watch] of this.#watches) {
      const source = wanted.get(text);
      if (source !== undefined) watch.follow(source, maxNodes);
      else {
        watch.stop();
        this.#watches.delete(text);
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const watch of this.#watches.values()) watch.stop();
  }

  #heldOf(source: string): readonly Endpoint[] | undefined {
    const { held = {} } = this.#options;
    return Object.hasOwn(held, source) ? held[source] : undefined;
  }

  #changed(watch: DnsWatch): void {
    const { tell, onChange } = this.#options;
    const { failing, nodes } = watch.report;
    const known = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
    if (failing !== undefined)
      tell('warn', watch.source, `nodes cannot be looked up, ${known} stay as they were: ${failing}`);
    else tell('info', watch.source, `${known} found by ${watch.source}`);
    for (const line of watch.passed) tell('warn', watch.source, `passed over: ${line}`);
    if (failing === undefined) onChange();
  }
}
