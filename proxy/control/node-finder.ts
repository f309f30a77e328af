/** The nodes that are in force beside those of the configuration: what is found, and what is found no more. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { Discovery } from '../discovery/discovery.ts';
import type { SourceReport } from '../discovery/dns-watch.ts';
import { rosterOf } from '../discovery/roster.ts';
import type { Logger } from '../observe/log.ts';
import type { PoolNode } from '../pool/pool-node.ts';
import { Departures, type DeparturesOptions } from './departures.ts';
import type { Memo } from './memo.ts';

/** As it was loaded, with the nodes that were found, and those that are found no more and may have sessions. */
export type ConfigInForce = Omit<ProxyConfig, 'nodes'> & { readonly nodes: readonly PoolNode[] };

export interface NodeFinderOptions extends Pick<DeparturesOptions, 'pool' | 'stats' | 'forget'> {
  readonly logger: Logger;
  /** What the primary before this one knew. */
  readonly found: Memo['found'];
  /** Other nodes are to be in force; `left`: these are found no more, and may be forgotten. Never rejects. */
  readonly onChange: (left: ReadonlySet<string>) => Promise<void>;
}

export class NodeFinder {
  readonly #logger: Logger;
  readonly #discovery: Discovery;
  readonly #departures: Departures;
  #refusals: readonly string[] = [];

  constructor({ logger, found, onChange, pool, stats, forget }: NodeFinderOptions) {
    this.#logger = logger;
    this.#discovery = new Discovery({
      held: found,
      onChange: () => void onChange(new Set()),
      tell: (level, source, message) => logger[level]({ source }, message),
    });
    this.#departures = new Departures({ pool, stats, forget, onLeft: onChange });
  }

  get reports(): readonly SourceReport[] {
    return this.#discovery.reports;
  }

  get known(): NonNullable<Memo['found']> {
    return this.#discovery.held;
  }

  /** Looks up what is new in it; resolves with the first answers, or when they have been waited for long enough. */
  ask({ discovery }: Pick<ProxyConfig, 'discovery'>): Promise<void> {
    return this.#discovery.ask(discovery);
  }

  /** Looks up nothing else from now on. */
  follow({ discovery }: Pick<ProxyConfig, 'discovery'>): void {
    this.#discovery.follow(discovery);
  }

  /** `before`: nodes in force, without those that may be forgotten. */
  inForce(config: ProxyConfig, before: readonly PoolNode[]): ConfigInForce {
    const endpointsOf: Discovery['endpointsOf'] = (source) => this.#discovery.endpointsOf(source);
    const { nodes, refusals } = rosterOf({ config, endpointsOf, before, now: Date.now() });
    for (const line of refusals) if (!this.#refusals.includes(line)) this.#logger.warn(`not taken as a node: ${line}`);
    this.#refusals = refusals;
    return { ...config, nodes };
  }

  /** Nodes that are found no more are watched from now on. */
  start(): void {
    this.#departures.start();
  }

  stop(): void {
    this.#departures.stop();
    this.#discovery.stop();
  }
}

/** For the memo. */
export function withdrawnOf(nodes: readonly PoolNode[]): NonNullable<Memo['withdrawn']> {
  return nodes.flatMap(({ source, withdrawn, tls, ...node }) =>
    source === undefined || withdrawn === undefined ? [] : [{ ...node, source, withdrawn, ...(tls && { tls }) }],
  );
}
