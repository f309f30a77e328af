import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { CHROMIUM_SKIP, launchBrowser } from '../../config/testing/chromium.ts';
import { ask } from '../testing/http-client.ts';
import { nodesAt, type RunningProxy, startProxy } from '../testing/running-proxy.ts';
import { StoryNode } from '../testing/story-node.ts';
import { until } from '../testing/until.ts';

const TOKEN = 'the-token-for-orders';
const SESSIONS = '/cobrowse/rest/live/sessions';
/** Anything that comes, comes within a few seconds; on a machine that does much else it may take much longer. */
const PATIENCE_MS = 240_000;

describe('the dashboard in a browser', { skip: CHROMIUM_SKIP }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  /** `faults`: uncaught errors, and what the policy of the page forbids. */
  async function open(t: TestContext, url: string): Promise<{ readonly page: Page; readonly faults: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (/Content[ -]Security[ -]Policy/i.test(message.text())) faults.push(message.text());
    });
    await page.goto(url);
    return { page, faults };
  }

  test('an operator watches nodes die and drain, gives orders, and asks where requests go', async (t) => {
    const nodes = await Promise.all(['CB_1', 'CB_2', 'CB_3'].map((name) => StoryNode.start(t, name)));
    const [first, second] = nodes;
    assert.ok(first && second);
    const running = await startProxy(t, {
      workers: 1,
      admin: { port: 0, token: TOKEN },
      health: { interval: '200ms', fastInterval: '50ms' },
      balance: 'round-robin',
      nodes: nodesAt(nodes),
    });
    for (let i = 0; i < 6; i++) await ask(running.port, { method: 'POST', path: SESSIONS });
    const { page, faults } = await open(t, `http://127.0.0.1:${running.admin}/`);

    await t.test('the nodes are there, with what they carry', async () => {
      await row(page, 'CB_1', 'up').getByText('2', { exact: true }).first().waitFor();
      await page.locator('#connection[data-state="live"]').waitFor();
      await page.locator('[data-total="up"]', { hasText: '3 / 3' }).waitFor();
      await page.locator('[data-chart="traffic"] canvas').waitFor();
      await page.locator('figcaption', { hasText: /sessions 6\s+tunnels 0/ }).waitFor();
      assert.equal(await page.locator('#filter').isVisible(), false, 'three nodes are seen at a glance');
      assert.equal(await row(page, 'CB_1', 'up').locator('.polls i').first().getAttribute('data-ok'), 'true');
    });

    await t.test('a node that dies is seen at once, and so is its return', async () => {
      second.kill();
      await row(page, 'CB_2', 'down').waitFor();
      await inTimeline(page, 'CB_2 up → down').waitFor();
      await inTimeline(page, 'CB_2 incident 1, ejection: ongoing').waitFor();
      await row(page, 'CB_2', 'down').getByText('nothing listens there').waitFor();
      await page.locator('[data-total="sessions"]').getByText('4', { exact: true }).waitFor();
      await page.locator('[data-total="up"]', { hasText: '2 / 3' }).waitFor();
      await until(
        () => page.title(),
        (title) => title === '1 down – cobrowse-proxy',
      );
      await second.restart();
      await row(page, 'CB_2', 'up').waitFor();
      await inTimeline(page, 'incident 1, ejection: over after').waitFor();
    });

    await t.test('what an order does is asked first, and nothing is ordered without the token', async () => {
      const drain = page.getByRole('button', { name: 'Drain CB_1' });
      await drain.focus();
      await page.keyboard.press('Enter');
      await page.locator('#order-dialog', { hasText: 'Drain: CB_1' }).waitFor();
      await page.keyboard.press('Enter');
      await page.locator('#order-dialog').waitFor({ state: 'hidden' });
      assert.equal((await node(running, 'CB_1')).state, 'up', 'Enter cancels');
      assert.equal(await drain.evaluate((button) => button === button.ownerDocument.activeElement), true);
      await page.keyboard.press('Enter');
      await page.locator('#order-dialog .primary').click();
      await page.locator('#token-dialog', { hasText: 'Send an admin token' }).waitFor();
      await page.keyboard.type('a-token-of-nobody');
      await page.keyboard.press('Enter');
      await page.locator('#token-dialog', { hasText: 'This is no admin token.' }).waitFor();
      await page.keyboard.type(TOKEN);
      await page.keyboard.press('Enter');
      await row(page, 'CB_1', 'draining').getByText('2 sessions left').waitFor();
      await page.locator('#notice', { hasText: 'CB_1 is to be drained. A restart of the proxy' }).waitFor();
    });

    await t.test('what remains of a drain counts down to its end', async () => {
      first.end(1);
      await row(page, 'CB_1', 'draining').getByText('1 session left').waitFor();
      first.end(1);
      await row(page, 'CB_1', 'draining').getByText('drained', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Ready CB_1' }).click();
      await page.locator('#order-dialog .primary').click();
      await row(page, 'CB_1', 'up').waitFor();
      assert.equal((await node(running, 'CB_1')).operator.state, 'ready');
    });

    await t.test('it tells where a cookie goes, and what is wrong with a question', async () => {
      const result = page.locator('#explanation');
      await page.getByLabel('cookie').fill('CB_3');
      await page.keyboard.press('Enter');
      await result.getByText('→ CB_3').waitFor();
      await result.getByText('its cookie names node CB_3').waitFor();
      await page.getByLabel('URL or path').fill('here');
      await page.getByRole('button', { name: 'Explain' }).click();
      await result.getByText('url: expected http://').waitFor();
    });

    await t.test('it says that it has lost the proxy, and finds it again', async () => {
      const { pid } = await running.status();
      process.kill(pid, 'SIGKILL');
      await page.locator('#lost', { hasText: 'No connection to the proxy (since' }).waitFor();
      await page.locator('#connection[data-state="live"]').waitFor();
      await page.locator('#lost').waitFor({ state: 'hidden' });
      await page
        .locator('#facts')
        .filter({ hasNotText: `pid ${pid}` })
        .waitFor();
    });

    await t.test('it fits a phone, and wears the colours of the night', async () => {
      const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
      const light = await ground();
      await page.emulateMedia({ colorScheme: 'dark' });
      assert.notEqual(await ground(), light);
      await page.setViewportSize({ width: 360, height: 740 });
      await until(
        () => page.evaluate<number>('document.documentElement.scrollWidth'),
        (width) => width === 360,
      );
      await row(page, 'CB_1', 'up').getByRole('button', { name: 'Drain CB_1' }).waitFor();
    });

    assert.deepEqual(faults, []);
  });

  test('a proxy without nodes says so, until a source tells of one', async (t) => {
    const first = await StoryNode.start(t, 'CB_1');
    const directory = await mkdtemp(join(tmpdir(), 'cobrowse-proxy-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const running = await startProxy(t, { workers: 1, discovery: { directories: [directory] } });
    const { page, faults } = await open(t, `http://127.0.0.1:${running.admin}/`);
    await page.getByText('No nodes:').waitFor();
    await writeFile(join(directory, 'nodes.json'), JSON.stringify(nodesAt([first])));
    await row(page, 'CB_1', 'up').waitFor();
    await page.getByText('No nodes:').waitFor({ state: 'hidden' });
    assert.deepEqual(faults, []);
  });

  test('names and reasons are text, whatever is in them; without a token nothing is shown', async (t) => {
    const running = await startProxy(t, { workers: 1, nodes: nodesAt([{ name: 'CB_1', port: 1 }]) });
    const live = await (await firstEvents(running.admin)).replaceAll('CB_1', hostile('name'));
    const change = { at: new Date().toISOString(), node: hostile('node'), from: 'up', to: 'down', reason: 'tls' };
    const news = { ...change, why: hostile('why') };
    const { page, faults } = await open(t, `http://127.0.0.1:${running.admin}/live`);
    let refused = true;
    await page.route('**/events', (route) => {
      if (refused) {
        const error = { code: 'unauthorized', message: hostile('message') };
        return route.fulfill({ status: 401, json: { error } });
      }
      const body = `${live}event: change\ndata: ${JSON.stringify(news)}\n\n`;
      return route.fulfill({ contentType: 'text/event-stream', body });
    });
    await page.route('**/explain?**', (route) =>
      route.fulfill({ status: 400, json: { error: { code: 'bad_request', message: hostile('problem') } } }),
    );
    await page.goto(`http://127.0.0.1:${running.admin}/`);
    await page.locator('#token-text', { hasText: hostile('message') }).waitFor();
    assert.equal(await page.locator('#nodes tbody tr').count(), 0);
    refused = false;
    await page.keyboard.type('some-token-or-other');
    await page.keyboard.press('Enter');
    await row(page, hostile('name'), 'down').waitFor();
    await inTimeline(page, hostile('why')).first().waitFor();
    await page.getByLabel('cookie').fill(hostile('cookie'));
    await page.keyboard.press('Enter');
    await page.locator('#explanation', { hasText: hostile('problem') }).waitFor();
    assert.equal(await page.locator('img, [onerror]').count(), 0);
    assert.deepEqual(faults, []);
  });
});

function hostile(what: string): string {
  return `<img src=x onerror=alert(1)>'${what}`;
}

/** Hello and the first snapshot, as they come. */
async function firstEvents(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/events`);
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (/event: snapshot\n.*\n\n$/.test(text)) break;
  }
  return text;
}

function row(page: Page, name: string, state: string): Locator {
  return page.locator(`#nodes tbody tr[data-state="${state}"]`).filter({ has: page.getByText(name, { exact: true }) });
}

function inTimeline(page: Page, text: string): Locator {
  return page.locator('#timeline li', { hasText: text });
}

async function node(running: RunningProxy, name: string) {
  const found = (await running.status()).nodes.find((one) => one.name === name);
  assert.ok(found);
  return found;
}
