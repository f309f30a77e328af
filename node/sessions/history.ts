/**
 * What remains of a session: its times and the pages that the customer showed. Pure functions over immutable records of
 * plain JSON. Times are milliseconds since the epoch.
 */
import type { Session } from './session.ts';

export const MAX_URL_LENGTH = 2_048;
/**
 * Both bound the memory of a history: pages beyond the first 256, or the first 32 Ki characters of URLs, are not
 * recorded.
 */
export const MAX_PAGES = 256;
const MAX_URL_CHARACTERS = 32_768;

const HISTORY_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface PageVisit {
  readonly url: string;
  readonly enteredAt: number;
}

export interface SessionHistory {
  /** The session's `historyId`, a UUID. */
  readonly id: string;
  readonly sessionToken: string;
  readonly createdAt: number;
  readonly activatedAt?: number;
  readonly deactivatedAt?: number;
  /** In the order in which they were entered. */
  readonly pages: readonly PageVisit[];
}

export function isHistoryId(text: string): boolean {
  return HISTORY_ID.test(text);
}

/** The history with the times that the session has by now. */
export function historyOf(session: Session, pages: readonly PageVisit[]): SessionHistory {
  const { historyId, sessionToken, createdAt } = session;
  return {
    id: historyId,
    sessionToken,
    createdAt,
    ...(session.state === 'inactive' || session.activatedAt === undefined ? {} : { activatedAt: session.activatedAt }),
    ...(session.state === 'deactivated' ? { deactivatedAt: session.deactivatedAt } : {}),
    pages,
  };
}

export type PageResult =
  | { readonly outcome: 'recorded'; readonly history: SessionHistory }
  /** No http(s) URL, or longer than `MAX_URL_LENGTH`. */
  | { readonly outcome: 'invalid_url' }
  | { readonly outcome: 'full' };

/** Adds a page. User and password of its URL are left out, and a clock that was set back does not turn the order. */
export function recordPage(history: SessionHistory, url: string, now: number): PageResult {
  const page = publicUrl(url);
  if (page === undefined) return { outcome: 'invalid_url' };
  if (isFull(history.pages, page)) return { outcome: 'full' };
  const enteredAt = Math.max(now, history.pages.at(-1)?.enteredAt ?? history.createdAt);
  return { outcome: 'recorded', history: { ...history, pages: [...history.pages, { url: page, enteredAt }] } };
}

/** A page lasts until the next one is entered, the last one until the session ended, or until `now`. Milliseconds. */
export function durations({ pages, deactivatedAt }: SessionHistory, now: number): readonly number[] {
  return pages.map(({ enteredAt }, index) => {
    const leftAt = pages[index + 1]?.enteredAt ?? deactivatedAt ?? now;
    return Math.max(0, leftAt - enteredAt);
  });
}

function isFull(pages: readonly PageVisit[], next: string): boolean {
  const characters = pages.reduce((sum, { url }) => sum + url.length, next.length);
  return pages.length >= MAX_PAGES || characters > MAX_URL_CHARACTERS;
}

function publicUrl(text: string): string | undefined {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  url.username = '';
  url.password = '';
  return url.href.length > MAX_URL_LENGTH ? undefined : url.href;
}
