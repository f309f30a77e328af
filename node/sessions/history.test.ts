import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { durations, historyOf, MAX_PAGES, MAX_URL_LENGTH, recordPage, type SessionHistory } from './history.ts';
import { decodeHistory, encodeHistory } from './record.ts';
import { createSession } from './session.ts';

const HISTORY = historyOf(
  createSession({
    sessionToken: '045800826',
    historyId: '1b671a64-40d5-491e-99b0-da01ff1f3341',
    serverName: 'A',
    createdAt: 1_000,
  }),
  [],
);
const URL_TEXT = 'https://shop.example.com/';

test('a page lasts until the next, the last one until the end or now', () => {
  const pages = [2_000, 2_500, 4_000].map((enteredAt) => ({ url: URL_TEXT, enteredAt }));
  assert.deepEqual(durations({ ...HISTORY, pages }, 9_000), [500, 1_500, 5_000]);
  assert.deepEqual(durations({ ...HISTORY, pages, deactivatedAt: 4_100 }, 9_000), [500, 1_500, 100]);
  assert.deepEqual(durations(HISTORY, 9_000), []);
});

test('only http and https URLs of a bounded length are pages', () => {
  const unfit = [
    '',
    '/cart',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://',
    `${URL_TEXT}${'x'.repeat(MAX_URL_LENGTH)}`,
  ];
  for (const url of unfit) assert.deepEqual(recordPage(HISTORY, url, 2_000), { outcome: 'invalid_url' });
  // Escaping triples it.
  assert.deepEqual(recordPage(HISTORY, `${URL_TEXT}${'ä'.repeat(1_000)}`, 2_000), { outcome: 'invalid_url' });
});

test('long URLs fill a history as many short ones do', () => {
  let history: SessionHistory = HISTORY;
  const url = `${URL_TEXT}${'x'.repeat(2_000)}`;
  for (let page = 1; page <= 16; page++) {
    const result = recordPage(history, url, 2_000);
    assert.ok(result.outcome === 'recorded');
    history = result.history;
  }
  assert.deepEqual(recordPage(history, url, 2_000), { outcome: 'full' });
  assert.equal(recordPage(history, URL_TEXT, 2_000).outcome, 'recorded');
});

test('whatever is recorded, the pages are bounded and in order, and survive being stored as text', () => {
  const page = fc.tuple(fc.webUrl({ withQueryParameters: true }), fc.nat({ max: 100_000 }));
  fc.assert(
    fc.property(fc.array(page, { maxLength: 20 }), fc.nat({ max: MAX_PAGES }), (visits, before) => {
      const pages = Array.from({ length: before }, () => ({ url: URL_TEXT, enteredAt: 1_000 }));
      let history: SessionHistory = { ...HISTORY, pages };
      for (const [url, now] of visits) {
        const result = recordPage(history, url, now);
        assert.equal(result.outcome, history.pages.length === MAX_PAGES ? 'full' : 'recorded');
        if (result.outcome === 'recorded') history = result.history;
      }
      const times = history.pages.map(({ enteredAt }) => enteredAt);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      assert.ok(durations(history, 0).every((ms) => ms >= 0));
      assert.deepEqual(decodeHistory(encodeHistory(history), history.id), history);
    }),
  );
});
