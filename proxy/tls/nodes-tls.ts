/** TLS to all nodes with an https url, as a configuration and the files that it names have it. */
import { isDeepStrictEqual } from 'node:util';
import type { NodeConfig, NodeTlsConfig, ProxyConfig } from '../../config/proxy-schema.ts';
import type { NodeTlsFiles } from './listener-tls.ts';
import { NodeTls } from './node-tls.ts';
import { type NodeCredentials, nodeContext } from './secure-context.ts';

/** All that a connection depends on. */
interface Terms extends NodeCredentials {
  readonly host: string;
  readonly port: number;
  readonly serverName: string | undefined;
}

interface Entry {
  readonly terms: Terms;
  readonly tls: NodeTls;
}

export class NodesTls {
  readonly #entries = new Map<string, Entry>();
  readonly #byAuthority = new Map<string, NodeTls>();

  /**
   * Nodes on the same terms as `before` keep their sessions and connections; see `replace`. Throws what OpenSSL has
   * against the files.
   */
  constructor(
    { nodes, nodeTls }: Pick<ProxyConfig, 'nodes' | 'nodeTls'>,
    files: NodeTlsFiles,
    before?: NodesTls | undefined,
  ) {
    const contexts = new Map<string, ReturnType<typeof nodeContext>>();
    for (const node of nodes) {
      if (node.url.scheme !== 'https') continue;
      const names = nodeTlsOf(node, nodeTls);
      const credentials = {
        ca: textOf(names.ca, files),
        cert: textOf(names.cert, files),
        key: textOf(names.key, files),
      };
      const { host, port } = node.url;
      const terms: Terms = { host, port, serverName: names.serverName, ...credentials };
      const known = before === undefined ? undefined : before.#entries.get(node.name);
      if (known !== undefined && isDeepStrictEqual(known.terms, terms)) {
        this.#add(node, known);
        continue;
      }
      // A bundle of CAs takes a while to read and memory to keep: once for all nodes that have the same.
      const key = JSON.stringify([names.ca, names.cert, names.key]);
      const context = contexts.get(key) ?? nodeContext(credentials);
      contexts.set(key, context);
      this.#add(node, { terms, tls: new NodeTls({ host, port, serverName: terms.serverName, context }) });
    }
  }

  /** undefined for a node that is spoken to without. */
  of(node: string): NodeTls | undefined {
    return this.#entries.get(node)?.tls;
  }

  /** The same, by what a Host header calls the node. */
  at(authority: string): NodeTls | undefined {
    return this.#byAuthority.get(authority);
  }

  /** These hold from now on, in the place of those: what those have and these have not is used no more. */
  replace(before: NodesTls): void {
    for (const [name, { tls }] of before.#entries) if (this.of(name) !== tls) tls.retired = true;
  }

  #add({ name, url }: NodeConfig, entry: Entry): void {
    this.#entries.set(name, entry);
    this.#byAuthority.set(url.authority, entry.tls);
  }
}

/** What is said of the node, and else of all. A certificate without its key would be another's. */
export function nodeTlsOf({ tls = {} }: Pick<NodeConfig, 'tls'>, all: NodeTlsConfig = {}): NodeTlsConfig {
  const { ca = all.ca, serverName = all.serverName } = tls;
  const { cert, key } = tls.cert === undefined ? all : tls;
  return { ca, serverName, cert, key };
}

function textOf(name: string | undefined, files: NodeTlsFiles): string | undefined {
  if (name === undefined) return undefined;
  const text = Object.hasOwn(files, name) ? files[name] : undefined;
  // With nothing in its place the node would be trusted by other CAs than those that were asked for.
  if (text === undefined) throw new Error(`what ${name} holds is missing`);
  return text;
}
