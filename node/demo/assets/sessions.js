/** The REST functions that the pages need. They are of the same origin, so the browser sends the Referer they check. */

/** Root of the web application, with a final slash. */
const BASE = new URL('..', import.meta.url);
const SESSIONS = new URL('rest/live/sessions', BASE);
const STICKINESS_COOKIE = 'gcbSessionServer';

export const LIVE_CHANNEL = new URL('cometd', BASE).href;

/** What a page can say to its user; `code` is that of the REST function or the service channel. */
export class Problem extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** The answer binds this browser to the node that owns the session. */
export async function createSession() {
  const { sessionToken } = await ask(SESSIONS, { method: 'POST' });
  return sessionToken;
}

/**
 * Whoever comes to a session that another browser has created must write the cookie itself: nothing has bound this
 * browser to the owner yet, or it is bound to the node of an earlier session.
 */
export async function followSession(sessionToken) {
  const { sessionServerName } = await ask(`${SESSIONS}/${sessionToken}`);
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs HTTPS, and is not everywhere.
  document.cookie = `${STICKINESS_COOKIE}=${sessionServerName}; Path=/; SameSite=Lax`;
}

/**
 * Whether the balancer has given up the node of the session. Of a WebSocket that was refused, a page learns no reason, so
 * this asks the same path: a node that is there answers that it takes no GET.
 */
export async function isNodeLost() {
  try {
    const response = await fetch(LIVE_CHANNEL, { cache: 'no-store' });
    return (await errorIn(response)).code === 'session_lost';
  } catch {
    return false;
  }
}

async function ask(url, options = {}) {
  const response = await fetch(url, { cache: 'no-store', ...options }).catch(() => {
    throw new Problem('unreachable', 'The service cannot be reached. Try again in a moment.');
  });
  if (response.ok) return response.json();
  const { code = 'unknown', message = `The service answered with status ${response.status}.` } =
    await errorIn(response);
  throw new Problem(code, message);
}

async function errorIn(response) {
  const body = await response.json().catch(() => undefined);
  return body?.error ?? {};
}
