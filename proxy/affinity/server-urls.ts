/** Requests to a node's own public URL: Host and path prefix name the node. */
import type { NodeSnapshot } from '../pool/view.ts';
import { prefixEnd } from './prefix.ts';

export interface ServerUrl {
  readonly node: NodeSnapshot;
  readonly prefix: string;
}

/** The `serverUrl`s of one view by authority; made once for each view, read on every request. */
export class ServerUrlIndex {
  readonly #byAuthority = new Map<string, ServerUrl[]>();

  constructor(nodes: readonly NodeSnapshot[]) {
    for (const node of nodes) {
      if (node.serverUrl === undefined) continue;
      const { url, authority, prefix } = node.serverUrl;
      this.#add(authority, { node, prefix });
      // `authority` comes without the scheme's default port, a Host header may say it.
      if (hasNoPort(authority)) this.#add(`${authority}:${isHttps(url) ? 443 : 80}`, { node, prefix });
    }
    // The longest prefix first: it is the more exact one of two that match.
    for (const list of this.#byAuthority.values()) list.sort((a, b) => b.prefix.length - a.prefix.length);
  }

  /** @param pathEnd where the path of `target` ends and its query begins */
  match(authority: string, target: string, pathEnd: number): ServerUrl | undefined {
    const list = this.#byAuthority.get(authority);
    if (list === undefined) return undefined;
    for (const serverUrl of list) if (prefixEnd(serverUrl.prefix, target, pathEnd) !== -1) return serverUrl;
    return undefined;
  }

  #add(authority: string, serverUrl: ServerUrl): void {
    const list = this.#byAuthority.get(authority);
    if (list === undefined) this.#byAuthority.set(authority, [serverUrl]);
    else list.push(serverUrl);
  }
}

function isHttps(url: string): boolean {
  return url.slice(0, 6).toLowerCase() === 'https:';
}

/** A colon inside the brackets of an IPv6 address is no port. */
function hasNoPort(authority: string): boolean {
  return authority.lastIndexOf(':') <= authority.lastIndexOf(']');
}
