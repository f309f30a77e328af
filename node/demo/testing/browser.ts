/**
 * A real Chromium for a test: the one that `CHROMIUM` names, or Debian's, rather the one without a window, which takes
 * half the processor time. Without it tests skip with a reason; with `REQUIRE_SERVICES=1` they run, and fail.
 */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const INSTALLED = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const BINARY = process.env.CHROMIUM || (INSTALLED.find((path) => existsSync(path)) ?? '/usr/bin/chromium');
/** Of a state; a poll is held for 30 s. */
const REACH_MS = 40_000;
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

/** With a fresh user data directory that goes with it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: BINARY, headless: true, args: ARGS });
}

/** A page with cookies of its own, what it sent, and what went wrong in it: uncaught errors and broken policies. */
export class WatchedPage {
  readonly page: Page;
  readonly faults: string[] = [];
  /** By WebSocket; without one the client polls. */
  readonly sent: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('console', (message) => {
      if (/Content[ -]Security[ -]Policy/i.test(message.text())) this.faults.push(message.text());
    });
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => this.sent.push(String(payload))));
  }

  static async open(browser: Browser, url: string, { webSocket = true } = {}): Promise<WatchedPage> {
    const context = await browser.newContext();
    if (!webSocket) await context.addInitScript('delete window.WebSocket');
    const watched = new WatchedPage(await context.newPage());
    await watched.page.goto(url);
    return watched;
  }

  /** Resolves when the page's session is in this state; times out with what it is in. */
  async reaches(state: string): Promise<string> {
    try {
      await this.page.waitForSelector(`[data-state="${state}"]`, { timeout: REACH_MS });
    } catch (error) {
      const text = await this.page.textContent('[data-status]');
      throw new Error(`'${state}' did not come; the page says: ${text}; ${this.faults.join('; ')}`, { cause: error });
    }
    return (await this.page.textContent('[data-status]')) ?? '';
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
