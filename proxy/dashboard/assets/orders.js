/** What an operator says to the proxy: orders about nodes, each confirmed first, and the token that they need. */
import { find, setText } from './dom.js';

const NOTICE_MS = 30_000;

/** Of this tab alone, and gone with it. */
const KEY = 'admin-token';
const TOKEN_CODES = new Set(['unauthorized', 'invalid_token', 'insufficient_scope']);

export function headers() {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/** Whether there is another token than before. `why`: what the proxy says of the one before. */
export async function askForToken(why) {
  const dialog = find('#token-dialog');
  const input = find('#token-input');
  if (dialog.open) return false;
  setText(find('#token-text'), why);
  find('#token-forget').hidden = sessionStorage.getItem(KEY) === null;
  input.value = '';
  const choice = await choose(dialog);
  const token = input.value.trim();
  input.value = '';
  if (choice === 'forget') sessionStorage.removeItem(KEY);
  else if (choice === 'use' && token !== '') sessionStorage.setItem(KEY, token);
  else return false;
  return true;
}

/** Asks for a token where one is needed. Resolves to `{ answer }` or `{ problem }`. */
export async function ask(method, path) {
  for (;;) {
    let response;
    let body;
    try {
      response = await fetch(path, { method, headers: headers() });
      body = await response.json();
    } catch {
      return { problem: 'The proxy cannot be reached.' };
    }
    if (response.ok) return { answer: body };
    const { code, message } = body.error;
    if (!TOKEN_CODES.has(code) || !(await askForToken(message))) return { problem: message };
  }
}

const WORDS = {
  drain: { title: 'Drain', text: sessionsGoOn, done: 'is to be drained' },
  maintenance: { title: 'Maintenance', text: endsThere, done: 'is in maintenance' },
  ready: { title: 'Ready', text: () => 'It gets what its health allows again.', done: 'is ready' },
};
const FORGOTTEN = 'A restart of the proxy would make it ready again: there is no stateFile.';

/** `others`: whether another node takes new sessions. */
export async function order(kind, node, others) {
  const dialog = find('#order-dialog');
  if (dialog.open) return;
  const { title, text, done } = WORDS[kind];
  setText(find('#order-title'), `${title}: ${node.name}`);
  setText(find('#order-text'), text(node));
  const warning = find('#order-warning');
  warning.hidden = others || kind === 'ready';
  setText(warning, 'No other node takes new sessions: they will be refused.');
  const deadline = find('#deadline');
  find('#order-deadline').hidden = kind !== 'drain';
  deadline.value = '';
  setText(find('.primary', dialog), title);
  if ((await choose(dialog)) !== 'confirm') return;
  const query = kind === 'drain' && deadline.value !== '' ? `?deadline=${deadline.value}` : '';
  const { problem, answer } = await ask('POST', `/nodes/${encodeURIComponent(node.name)}/${kind}${query}`);
  if (problem === undefined) {
    notice(`${node.name} ${done}. ${kind === 'ready' || answer.persisted ? '' : FORGOTTEN}`);
    return;
  }
  setText(find('#problem-text'), problem);
  find('#problem-dialog').showModal();
}

let noticed;

function notice(text) {
  const box = find('#notice');
  box.hidden = false;
  setText(box, text);
  clearTimeout(noticed);
  noticed = setTimeout(() => {
    box.hidden = true;
  }, NOTICE_MS);
}

/** What its buttons say; closed in any other way, 'cancel'. Only what submits is what Enter does. */
function choose(dialog) {
  dialog.returnValue = 'cancel';
  for (const button of dialog.querySelectorAll('button[type="button"]')) {
    button.onclick = () => dialog.close(button.value);
  }
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
}

function sessionsGoOn({ sessions, state }) {
  if (state === 'down') return 'It is down, and gets no new sessions when it is back.';
  const what = sessions === null ? 'Its sessions' : `Its live sessions (${sessions})`;
  return `It gets no new sessions. ${what} go on until they end.`;
}

function endsThere({ tunnels }) {
  return `It gets nothing at all. Requests under way finish; its tunnels (${tunnels}) are closed at a pace.`;
}
