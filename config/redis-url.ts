/**
 * Where a Redis is, in one URL: `redis://[[user]:password@]host[:6379][/database][?prefix=gcb:]`, or `rediss://` for
 * TLS. The prefix begins the name of each key and channel, so that a Redis may be shared.
 */

export interface RedisLocation {
  /** For the client: without `?prefix=`. Holds the password. */
  readonly url: string;
  readonly prefix: string;
  /** For logs: without user and password. */
  readonly label: string;
}

export const DEFAULT_PREFIX = 'gcb:';

const PREFIX = /^[\x21-\x7e]{1,64}$/;
const DATABASE = /^(?:\/(?:\d{1,4})?)?$/;

/** Undefined for all that is not written like that. */
export function parseRedisUrl(text: string): RedisLocation | undefined {
  if (!/^rediss?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const { searchParams } = url;
  const prefix = searchParams.get('prefix') ?? DEFAULT_PREFIX;
  const onlyPrefix = [...searchParams.keys()].every((name, index) => name === 'prefix' && index === 0);
  const decodes = canDecode(url.username) && canDecode(url.password);
  if (url.hostname === '' || url.hash !== '' || !onlyPrefix || !decodes) return undefined;
  if (!DATABASE.test(url.pathname) || !PREFIX.test(prefix)) return undefined;
  url.search = '';
  return { url: url.href, prefix, label: `${url.protocol}//${url.host}${url.pathname}` };
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** What may be shown of where sessions are kept: `memory`, or a Redis without its user and password. */
export function storeLabel(storeUrl: string): string {
  return parseRedisUrl(storeUrl)?.label ?? 'memory';
}
