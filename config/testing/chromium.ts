/**
 * A real Chromium for a test: the one that `CHROMIUM` names, or Debian's, rather the one without a window, which takes
 * half the processor time. Without it tests skip with a reason; with `REQUIRE_SERVICES=1` they run, and fail.
 */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const INSTALLED = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const BINARY = process.env.CHROMIUM || (INSTALLED.find((path) => existsSync(path)) ?? '/usr/bin/chromium');
/** Nothing that calls home, and no sandbox: root in a container has none. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** For the `skip` option of tests. */
export const CHROMIUM_SKIP: string | false =
  process.env.REQUIRE_SERVICES === '1' || existsSync(BINARY) ? false : `chromium is not installed at ${BINARY}`;

/** With a fresh user data directory that goes with it. `args`: beyond what every test wants. */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: BINARY, headless: true, timeout: 0, args: [...ARGS, ...args] });
}
