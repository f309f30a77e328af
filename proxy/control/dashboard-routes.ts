/**
 * The dashboard: its page and files, which anybody may have, and the feed of what it shows, which not everybody may.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AdminAnswer } from './admin-answer.ts';
import type { AdminRoute } from './admin-routes.ts';
import type { LiveFeed } from './live-feed.ts';

/** uPlot sets styles by script, which `style-src` lets pass. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const JAVASCRIPT = 'text/javascript; charset=utf-8';

const MODULES = ['charts', 'dashboard', 'dom', 'explain', 'feed', 'format', 'nodes', 'orders', 'rates', 'timeline'];

/** Of the page's own, by name and content type. */
const OWN: readonly (readonly [name: string, contentType: string])[] = [
  ...['theme', 'page', 'nodes'].map((name) => [`${name}.css`, CSS] as const),
  ['icon.svg', 'image/svg+xml'],
  ...MODULES.map((name) => [`${name}.js`, JAVASCRIPT] as const),
];
const OF_UPLOT = [
  ['uPlot.iife.min.js', JAVASCRIPT],
  ['uPlot.min.css', CSS],
] as const;

export function dashboardRoutes(feed: Pick<LiveFeed, 'open'>): readonly AdminRoute[] {
  const { resolve } = createRequire(import.meta.url);
  return [
    page('/', ownFile('index.html'), HTML),
    ...OWN.map(([name, contentType]) => page(`/dashboard/${name}`, ownFile(name), contentType)),
    ...OF_UPLOT.map(([name, contentType]) => page(`/dashboard/${name}`, resolve(`uplot/dist/${name}`), contentType)),
    { method: 'GET', access: 'read', path: '/events', answer: () => feed.open() },
  ];
}

function ownFile(name: string): URL {
  return new URL(`../dashboard/assets/${name}`, import.meta.url);
}

/** Read when somebody first asks for it. */
function page(path: string, file: URL | string, contentType: string): AdminRoute {
  let answer: AdminAnswer | undefined;
  return {
    method: 'GET',
    access: 'page',
    path,
    answer: () => {
      answer ??= {
        status: 200,
        contentType,
        body: readFileSync(file, 'utf8'),
        headers: { 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' },
      };
      return answer;
    },
  };
}
