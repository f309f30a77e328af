/**
 * The demo: a customer's page and an agent's page that mirror a real document over the live channel. Plain files that
 * browsers load as they are, beside this module in the sources and, copied by the build, beside the compiled one.
 */
import { fileURLToPath } from 'node:url';
import { CSS, HTML, JAVASCRIPT } from '../static/content-types.ts';
import type { Catalogue, StaticFile } from '../static/static-files.ts';

/**
 * `'self'` in `connect-src` takes in the WebSocket of the same host (CSP 3 §6.7.2.8). Cursors of rrweb are `data:`
 * images. The CometD client keeps time in a `blob:` worker, as browsers slow down the timers of pages in the
 * background.
 */
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src blob:; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The mirrored document inherits the policy, and its style sheets and `style` attributes come as text. */
const MIRROR_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");

const SCRIPTS = ['agent', 'channels', 'customer', 'live-connection', 'mirror', 'panel', 'quote', 'sessions', 'sharing'];
const STYLES = ['agent', 'common', 'customer'];

/** Without the final slash the relative addresses in the pages would lead elsewhere, so there is no `/demo`. */
export function demo(): Catalogue {
  return new Map([
    ['/demo/', page('index', POLICY)],
    ['/demo/customer', page('customer', POLICY)],
    ['/demo/agent', page('agent', MIRROR_POLICY)],
    ...SCRIPTS.map((name) => entry(`${name}.js`, JAVASCRIPT)),
    ...STYLES.map((name) => entry(`${name}.css`, CSS)),
  ]);
}

function page(name: string, policy: string): StaticFile {
  return asset(`${name}.html`, HTML, { 'Content-Security-Policy': policy, 'Referrer-Policy': 'same-origin' });
}

function entry(name: string, contentType: string): [path: string, file: StaticFile] {
  return [`/demo/${name}`, asset(name, contentType)];
}

/** Pages and scripts must be of one version, hence `no-cache`: browsers ask each time, and mostly hear 304. */
function asset(name: string, contentType: string, headers: StaticFile['headers'] = {}): StaticFile {
  const file = fileURLToPath(new URL(`./assets/${name}`, import.meta.url));
  return { file, contentType, headers: { 'Cache-Control': 'no-cache', ...headers } };
}
