import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { CHROMIUM_SKIP, launchBrowser } from '../../config/testing/chromium.ts';
import { eventually } from '../testing/eventually.ts';
import { WatchedPage } from './testing/browser.ts';
import { type Demo, startDemo } from './testing/local-cluster.ts';

const COOKIE = 'gcbSessionServer';
const PASSWORD = 'Correct-horse-7';

/** A customer who has a number and no agent yet. */
interface Waiting {
  readonly customer: WatchedPage;
  readonly token: string;
}

interface AgentOptions {
  readonly controller: boolean;
  readonly webSocket?: boolean;
}

describe('the demo in a browser, through the proxy', { skip: CHROMIUM_SKIP }, () => {
  let demo: Demo;
  let browser: Browser;

  before(async () => {
    demo = await startDemo();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
  });

  async function open(t: TestContext, url: string, options: { webSocket?: boolean } = {}): Promise<WatchedPage> {
    const watched = await WatchedPage.open(browser, url, options);
    t.after(() => watched.close());
    return watched;
  }

  async function openCustomer(t: TestContext): Promise<Waiting> {
    const customer = await open(t, demo.customer);
    await customer.page.click('#get-help');
    await customer.reaches('waiting');
    const token = (await customer.page.textContent('#token')) ?? '';
    assert.match(token, /^\d{3} \d{3} \d{3}$/);
    return { customer, token };
  }

  /** An agent whose last session was on another node, and who is told that a number is nobody's before it is right. */
  async function openAgent(t: TestContext, { customer, token }: Waiting, options: AgentOptions) {
    const { controller, webSocket = true } = options;
    const agent = await open(t, demo.agent, { webSocket });
    await bindElsewhere(agent, await boundTo(customer));
    await agent.page.fill('#token', '000000000');
    await agent.page.press('#token', 'Enter');
    await agent.page.waitForSelector('[data-error]:not(:empty)');
    await agent.page.fill('#token', token);
    if (controller) await agent.page.check('#controller');
    await agent.page.press('#token', 'Enter');
    await agent.reaches('shared');
    return agent;
  }

  test('the agent sees what the customer types, but no password; the controller ends it for both', async (t) => {
    const waiting = await openCustomer(t);
    const { customer } = waiting;
    await customer.page.fill('#full-name', 'Ann Before');
    const agent = await openAgent(t, waiting, { controller: true });
    assert.equal(await customer.reaches('shared'), 'Alex can see this page.');
    assert.equal(await boundTo(agent), await boundTo(customer));
    assert.equal(await agent.page.isVisible('#join'), false);
    await mirrors(agent, '#full-name', 'Ann Before');

    await customer.page.locator('#street').pressSequentially('Quay 7');
    await customer.page.selectOption('#cover', 'premium');
    await mirrors(agent, '#street', 'Quay 7');
    await mirrors(agent, '#cover', 'premium');
    await customer.page.locator('#password').pressSequentially(PASSWORD);
    await mirrors(agent, '#password', '••••••••');
    await customer.page.fill('#remarks', 'after it');
    await mirrors(agent, '#remarks', 'after it');
    assert.ok(customer.sent.join().includes('after it'));
    assert.ok(!customer.sent.join().includes(PASSWORD.slice(0, 3)));

    await agent.page.click('#stop');
    const ended = 'The session has ended. The agent stopped it.';
    assert.deepEqual(await Promise.all([customer.reaches('ended'), agent.reaches('ended')]), [ended, ended]);
    assert.equal(await agent.page.locator('#stage iframe').count(), 0);
    assert.equal(await agent.page.isVisible('#stop'), false);
    assert.deepEqual([...customer.faults, ...agent.faults], []);
  });

  test('an agent who is no controller, and has to poll, sees it as well, and is told when the customer leaves', async (t) => {
    const waiting = await openCustomer(t);
    const { customer } = waiting;
    const agent = await openAgent(t, waiting, { controller: false, webSocket: false });
    assert.equal(await agent.page.isVisible('#stop'), false);
    await customer.page.fill('#town', 'Kiel');
    await mirrors(agent, '#town', 'Kiel');
    assert.deepEqual(agent.sent, []);
    await customer.page.click('#end');
    assert.equal(await customer.reaches('ended'), 'The session has ended. You have left it.');
    assert.equal(await agent.reaches('ended'), 'The session has ended. The other side has left.');
  });

  test('when the node is gone, both are told, and the customer can start anew', async (t) => {
    const waiting = await openCustomer(t);
    const { customer } = waiting;
    const agent = await openAgent(t, waiting, { controller: true });
    await customer.reaches('shared');
    const pid = demo.nodePid(await boundTo(customer));
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGKILL');
    const ended = 'The session has ended. The connection to its server was lost.';
    assert.deepEqual(await Promise.all([customer.reaches('ended'), agent.reaches('ended')]), [ended, ended]);
    await customer.page.click('#get-help');
    await customer.reaches('waiting');
  });
});

async function bindElsewhere({ page }: WatchedPage, owner: string): Promise<void> {
  const value = owner === 'CB_Server_1' ? 'CB_Server_2' : 'CB_Server_1';
  await page.context().addCookies([{ name: COOKIE, value, url: new URL('/', page.url()).href }]);
}

/** The node that the browser's one stickiness cookie names. */
async function boundTo({ page }: WatchedPage): Promise<string> {
  const cookies = await page.context().cookies();
  const [value, ...others] = cookies.filter(({ name }) => name === COOKIE).map((cookie) => cookie.value);
  assert.deepEqual(others, []);
  assert.ok(value);
  return value;
}

/**
 * Resolves when the element of the mirrored document has the value. Read from outside: no script runs in that frame.
 */
async function mirrors({ page }: WatchedPage, selector: string, value: string): Promise<void> {
  const element = `document.querySelector('#stage iframe')?.contentDocument?.querySelector('${selector}')`;
  await eventually(`${selector} shows ${value}`, async () => (await page.evaluate(`${element}?.value`)) === value);
}
