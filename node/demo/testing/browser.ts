/** A demo page in a real browser, and what it does there. */
import type { Browser, Page } from 'playwright-core';

/** Of whatever a page does: a poll is held for 30 s, and a busy machine may take its time. */
const PATIENCE_MS = 240_000;

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
    context.setDefaultTimeout(PATIENCE_MS);
    if (!webSocket) await context.addInitScript('delete window.WebSocket');
    const watched = new WatchedPage(await context.newPage());
    await watched.page.goto(url);
    return watched;
  }

  /** Resolves when the page's session is in this state; times out with what it is in. */
  async reaches(state: string): Promise<string> {
    try {
      await this.page.waitForSelector(`[data-state="${state}"]`, { timeout: PATIENCE_MS });
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
