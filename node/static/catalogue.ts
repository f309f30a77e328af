/** What browsers may load from the node: the stock CometD client as modules, and rrweb, as their packages ship them. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CSS, JAVASCRIPT } from './content-types.ts';
import type { Catalogue, StaticFile } from './static-files.ts';

const { resolve } = createRequire(import.meta.url);

/** `/js/cometd/*.js`: import `cometd.js`. `/js/rrweb/`: `rrweb.min.js` sets `window.rrweb`, `rrweb.js` is a module. */
export function scripts(): Catalogue {
  return new Map([...cometd(), ...rrweb()]);
}

function cometd(): readonly [string, StaticFile][] {
  const directory = dirname(resolve('cometd'));
  return readdirSync(directory)
    .filter((name) => name.endsWith('.js'))
    .map((name) => [`/js/cometd/${name}`, { file: join(directory, name), contentType: JAVASCRIPT }]);
}

function rrweb(): readonly [string, StaticFile][] {
  const directory = dirname(resolve('rrweb'));
  return [
    ['/js/rrweb/rrweb.js', { file: join(directory, 'rrweb.js'), contentType: JAVASCRIPT }],
    ['/js/rrweb/rrweb.min.js', { file: join(directory, 'rrweb.umd.min.cjs'), contentType: JAVASCRIPT }],
    ['/js/rrweb/style.css', { file: join(directory, 'style.css'), contentType: CSS }],
  ];
}
