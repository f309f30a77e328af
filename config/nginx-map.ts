/**
 * What an NGINX configuration that balances by a `map` of the stickiness cookie says of listeners and nodes. What has
 * no counterpart, or cannot be read for sure, is left out and told.
 */
import type { DraftListener, DraftNode } from './draft.ts';
import { type Directive, readNginx } from './nginx-blocks.ts';

export interface NginxNote {
  readonly line: number;
  readonly message: string;
}

export interface NginxCluster {
  readonly cookie: string;
  /** At least one. */
  readonly nodes: readonly DraftNode[];
  /** None where it names none that can be had. */
  readonly listeners: readonly DraftListener[];
  /** undefined where no location tells. */
  readonly base: string | undefined;
  readonly notes: readonly NginxNote[];
}

export type NginxMapReading = ({ readonly ok: true } & NginxCluster) | ({ readonly ok: false } & NginxNote);

const COOKIE = '$cookie_';
const USUAL = `${COOKIE}gcbSessionServer`;
const DEFAULT_BASE = '/cobrowse';
/** In a map, beside keys. */
const PARAMETERS = ['default', 'hostnames', 'volatile'];
/** A regular expression that means one name. */
const LITERAL = /^~\*?\^?((?:[A-Za-z0-9_-]|\\?\.)+)\$?$/;

/** A directive with those that it stands in, the outermost first. */
interface Placed {
  readonly directive: Directive;
  readonly around: readonly Directive[];
}

export function readNginxMap(text: string): NginxMapReading {
  const reading = readNginx(text);
  if (!reading.ok) return reading;
  const all = [...placed(reading.directives, [])];
  const maps = all
    .map(({ directive }) => directive)
    .filter(({ words: [name, from] }) => name === 'map' && isCookie(from));
  const map = maps.find(({ words: [, from] }) => from === USUAL) ?? maps[0];
  const [, from = '', to = ''] = map?.words ?? [];
  if (map === undefined) return { ok: false, line: 1, message: `expected a map of ${USUAL}` };
  const notes: NginxNote[] = [];
  const passes = all.filter(({ directive: { words } }) => words[0] === 'proxy_pass' && mentions(words[1], to));
  const [pass] = passes;
  const { scheme, path } = passed(pass?.directive.words[1]);
  const base = passes.map(baseOf).find((found) => found !== undefined);
  const upstreams = new Map(
    all.flatMap(({ directive }) =>
      directive.words[0] === 'upstream' ? [[directive.words[1], directive] as const] : [],
    ),
  );
  const nodes: DraftNode[] = [];
  for (const entry of map.block) {
    const server = serverOf(entry, upstreams);
    if (server === undefined) continue;
    if ('message' in server) notes.push(server);
    else nodes.push({ name: server.name, url: `${scheme}://${server.address}${path ?? base ?? DEFAULT_BASE}` });
  }
  if (nodes.length === 0)
    return { ok: false, ...(notes[0] ?? { line: map.line, message: `expected a node in the map of ${from}` }) };
  if (base === undefined) notes.push({ line: map.line, message: `no location tells the base; it is ${DEFAULT_BASE}` });
  const listeners = listenersOf(pass, notes);
  return { ok: true, cookie: from.slice(COOKIE.length), nodes, listeners, base, notes };
}

function* placed(directives: readonly Directive[], around: readonly Directive[]): Generator<Placed> {
  for (const directive of directives) {
    yield { directive, around };
    yield* placed(directive.block, [...around, directive]);
  }
}

function isCookie(variable = ''): boolean {
  return variable.startsWith(COOKIE);
}

function mentions(url = '', variable: string): boolean {
  return url.includes(variable) || url.includes(`\${${variable.slice(1)}}`);
}

/** `path`: undefined where NGINX passes the path as it came. */
function passed(url = ''): { readonly scheme: string; readonly path: string | undefined } {
  const [, scheme = 'http', path] = /^(https?):\/\/(?:\$\w+|\$\{\w+\})(\/[^$]*)?/.exec(url) ?? [];
  return { scheme, path: path?.replace(/\/$/, '') };
}

/** Of `location /gcb/cobrowse/cometd`: what ends with `/cobrowse`. */
function baseOf(pass: Placed): string | undefined {
  const location = pass.around.findLast(({ words: [name] }) => name === 'location');
  return /^(?:\/[\w.~-]+)*?\/cobrowse(?=\/|$)/.exec(location?.words.at(-1) ?? '')?.[0];
}

/** undefined for what is no node at all. */
function serverOf(
  { words: [key = '', value = ''], line }: Directive,
  upstreams: ReadonlyMap<string | undefined, Directive>,
): { readonly name: string; readonly address: string } | NginxNote | undefined {
  if (PARAMETERS.includes(key)) return undefined;
  const name = (LITERAL.exec(key)?.[1] ?? key).replaceAll('\\.', '.').replace(/^[.\\]/, '');
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(name)) return { line, message: `${key}: left out, expected one node's name` };
  const named = value.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const upstream = upstreams.get(named);
  const servers = upstream?.block.filter(
    ({ words }) => words[0] === 'server' && !words.includes('backup') && !words.includes('down'),
  );
  if (servers !== undefined && servers.length !== 1) {
    return { line, message: `${key}: left out, expected one server in upstream ${named}, got ${servers.length}` };
  }
  const address = servers?.[0]?.words[1] ?? named;
  if (!/^(?:\[[0-9a-f:.]+\]|[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*|\d+(?:\.\d+){3})(?::\d{1,5})?$/i.test(address)) {
    return { line, message: `${key}: left out, expected the address of a server, got ${address}` };
  }
  return { name, address };
}

function listenersOf(pass: Placed | undefined, notes: NginxNote[]): readonly DraftListener[] {
  const server = pass?.around.findLast(({ words: [name] }) => name === 'server');
  const setting = (name: string): string | undefined =>
    [...(pass?.around ?? [])]
      .reverse()
      .flatMap(({ block }) => block)
      .find(({ words }) => words[0] === name)?.words[1];
  const found = new Map<number, DraftListener>();
  for (const { words, line } of server?.block ?? []) {
    const [name, address = '', ...flags] = words;
    if (name !== 'listen') continue;
    const at = addressOf(address);
    if (at === undefined) notes.push({ line, message: `listen ${address}: left out, expected an address and a port` });
    else if (found.has(at.port)) continue;
    else if (!flags.includes('ssl')) found.set(at.port, at);
    else {
      const [cert, key] = [setting('ssl_certificate'), setting('ssl_certificate_key')];
      if (cert !== undefined && key !== undefined) found.set(at.port, { ...at, tls: { cert, key } });
      else
        notes.push({ line, message: `listen ${address}: left out, expected ssl_certificate and ssl_certificate_key` });
    }
    if (flags.includes('proxy_protocol')) notes.push({ line, message: 'proxy_protocol: left out, see proxyProtocol' });
  }
  return [...found.values()];
}

function addressOf(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:(?<host>\[[0-9a-f:.]+\]|[A-Za-z0-9.-]+|\*):)?(?<port>\d{1,5})$/i.exec(text);
  if (match === null) return undefined;
  const { host = '*', port } = match.groups ?? {};
  return { host: host === '*' ? '0.0.0.0' : host.replace(/[[\]]/g, ''), port: Number(port) };
}
