/** What the system knows of name servers: `/etc/resolv.conf`, as resolv.conf(5) describes it. */

import { parseServerAddress, type ServerAddress } from '../../config/server-address.ts';
import { readTextFile } from '../../config/text-file.ts';

export const RESOLV_CONF = '/etc/resolv.conf';

/** As the C library has it: more are not read. */
const MOST_SERVERS = 3;
const MOST_DOMAINS = 32;
const MOST_DOTS = 15;

export interface ResolvConf {
  readonly servers: readonly ServerAddress[];
  /** Domains that a name may be relative to. */
  readonly search: readonly string[];
  /** A name with so many dots is tried as it is first. */
  readonly ndots: number;
}

/** A file that is not there is as good as an empty one: the server is on this machine. */
export function readResolvConf(file = RESOLV_CONF): ResolvConf {
  const read = readTextFile(file);
  return parseResolvConf(read.ok ? read.text : '');
}

export function parseResolvConf(text: string): ResolvConf {
  const servers: ServerAddress[] = [];
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [keyword = '', ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    const server = keyword === 'nameserver' ? parseServerAddress(values[0] ?? '') : undefined;
    if (server !== undefined) servers.push(server);
    else if (keyword === 'search' || keyword === 'domain') search = values.map(withoutDot).slice(0, MOST_DOMAINS);
    else if (keyword === 'options') ndots = Math.min(MOST_DOTS, dotsIn(values) ?? ndots);
  }
  const found = servers.slice(0, MOST_SERVERS);
  return { servers: found.length > 0 ? found : [{ host: '127.0.0.1', port: 53 }], search, ndots };
}

/** What a name may stand for, in the order of trying; one with a dot at its end stands for itself. */
export function candidatesFor(
  name: string,
  { search, ndots }: Pick<ResolvConf, 'search' | 'ndots'>,
): readonly string[] {
  if (name.endsWith('.')) return [withoutDot(name)];
  const below = search.filter((domain) => domain !== '').map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...below] : [...below, name];
}

function dotsIn(options: readonly string[]): number | undefined {
  const option = options.find((each) => /^ndots:\d{1,3}$/.test(each));
  return option === undefined ? undefined : Number(option.slice('ndots:'.length));
}

function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
