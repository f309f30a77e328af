/** The table of nodes: a row for each, changed in place, so that focus and selections stay. */
import { find, make, setAttribute, setText } from './dom.js';
import { clock, count, counted, duration, latency, rate } from './format.js';
import { order } from './orders.js';
import { quantile } from './rates.js';
import { reasonText } from './timeline.js';

const ORDERS = { drain: 'Drain', maintenance: 'Maintenance', ready: 'Ready' };
const LABELS = ['node', 'state', 'sessions', 'req/s', 'err/s', 'first byte', 'tunnels', 'conns', 'last polls', ''];
/** As many are seen at a glance. */
const FEW = 12;
const MOST_POLLS = 20;
const NUMBERS = new Set([3, 4, 5, 6, 7]);

export class NodeTable {
  #body = find('#nodes tbody');
  #rows = new Map();
  /** The last polls of each node. */
  #polls = new Map();
  #filter = find('#filter-text');

  constructor() {
    this.#filter.addEventListener('input', () => this.#hide());
  }

  /** What was before. */
  begin({ polls }) {
    this.#polls = new Map(Object.entries(polls));
  }

  show(snapshot, rates, bounds) {
    const { nodes, at } = snapshot;
    for (const [index, node] of nodes.entries()) {
      let row = this.#rows.get(node.name);
      if (row === undefined) {
        row = new Row((kind, shown) => order(kind, shown, this.#othersTake(shown.name)));
        this.#rows.set(node.name, row);
      }
      if (this.#body.children[index] !== row.element) {
        this.#body.insertBefore(row.element, this.#body.children[index] ?? null);
      }
      row.show({ ...node, polls: this.#pollsWith(node) }, rates.of(node.name), bounds, at);
    }
    const names = new Set(nodes.map(({ name }) => name));
    for (const [name, row] of this.#rows) {
      if (names.has(name)) continue;
      row.element.remove();
      this.#rows.delete(name);
      this.#polls.delete(name);
    }
    find('#filter').hidden = nodes.length <= FEW;
    find('#no-nodes').hidden = nodes.length > 0;
    this.#hide();
  }

  /** A snapshot has those since the one before. */
  #pollsWith({ name, polls }) {
    const before = this.#polls.get(name) ?? [];
    const newest = before.at(-1)?.at ?? 0;
    const all = [...before, ...polls.filter(({ at }) => at > newest)].slice(-MOST_POLLS);
    this.#polls.set(name, all);
    return all;
  }

  #hide() {
    const wanted = this.#filter.value.trim().toLowerCase();
    for (const { element, node } of this.#rows.values()) {
      element.hidden = !`${node.name} ${shownState(node)}`.toLowerCase().includes(wanted);
    }
  }

  #othersTake(name) {
    return [...this.#rows.values()].some(({ node }) => node.name !== name && node.state === 'up');
  }
}

class Row {
  node;
  element;
  #cells;
  #parts;
  #buttons;
  /** Sessions at the beginning of a drain, as far as this page has seen it. */
  #most = 0;
  /** When the last poll that is shown was. */
  #newest = 0;

  constructor(onOrder) {
    this.#cells = LABELS.map((label, index) =>
      make(index === 0 ? 'th' : 'td', {
        ...(index === 0 && { scope: 'row' }),
        ...(NUMBERS.has(index) && { class: 'number' }),
        'data-label': label,
      }),
    );
    this.#parts = {
      name: make('span'),
      url: make('small'),
      state: make('span', { class: 'state' }),
      since: make('small'),
      sessions: make('span', { class: 'told' }),
      meter: make('meter', { min: '0' }),
      left: make('small'),
      polls: make('span', { class: 'polls', role: 'img' }),
      last: make('small'),
    };
    const { name, url, state, since, sessions, meter, left, polls, last } = this.#parts;
    this.#cells[0].append(name, url);
    this.#cells[1].append(state, since);
    this.#cells[2].append(sessions, meter, left);
    this.#cells[8].append(polls, last);
    this.#buttons = Object.entries(ORDERS).map(([kind, text]) => {
      const button = make('button', { type: 'button', 'data-order': kind }, text);
      button.addEventListener('click', () => onOrder(kind, this.node));
      return [kind, button];
    });
    this.#cells[9].append(...this.#buttons.map(([, button]) => button));
    this.element = make('tr', {}, ...this.#cells);
  }

  show(node, rates, bounds, at) {
    this.node = node;
    const { name, url, state, since } = this.#parts;
    setText(name, node.name);
    setText(url, node.url);
    setAttribute(this.element, 'data-state', shownState(node));
    setText(state, shownState(node));
    setText(since, sinceText(node, at));
    since.title = node.since;
    this.#showSessions(node, at);
    const [, , , requests, errors, firstByte, tunnels, connections] = this.#cells;
    setText(requests, rates === undefined ? '–' : rate(rates.requests));
    setText(errors, rates === undefined ? '–' : rate(rates.failed));
    setAttribute(errors, 'data-tone', rates !== undefined && rates.failed > 0 ? 'bad' : 'none');
    const counts = rates?.firstByte ?? [];
    const median = quantile(0.5, counts, bounds);
    setText(firstByte, median === undefined ? '–' : `${latency(median)} / ${latency(quantile(0.99, counts, bounds))}`);
    setText(tunnels, count(node.tunnels));
    setText(connections, count(node.connections));
    this.#showPolls(node.polls);
    for (const [kind, button] of this.#buttons) {
      setAttribute(button, 'aria-label', `${ORDERS[kind]} ${node.name}`);
      const hidden = isIn(kind, node.operator.state);
      const hadFocus = hidden && document.activeElement === button;
      button.hidden = hidden;
      if (hadFocus) this.#buttons.find(([other]) => !isIn(other, node.operator.state))?.[1].focus();
    }
  }

  #showSessions({ sessions, capacity, operator }, at) {
    const { sessions: text, meter, left } = this.#parts;
    setText(
      text,
      sessions === null ? 'not told' : `${count(sessions)}${capacity === null ? '' : ` / ${count(capacity)}`}`,
    );
    const draining = operator.state === 'draining';
    this.#most = draining ? Math.max(this.#most, operator.remaining) : 0;
    const most = draining ? this.#most : capacity;
    meter.hidden = most === null || most === 0 || (!draining && sessions === null);
    if (!meter.hidden) {
      meter.max = most;
      meter.value = draining ? operator.remaining : sessions;
      // Green up to `low`, red from `high`: there is no bad amount that is left of a drain.
      meter.low = draining ? most : most * 0.8;
      meter.high = draining ? most : most * 0.95;
      meter.optimum = 0;
      setAttribute(meter, 'aria-label', draining ? 'left of the drain' : 'sessions of the capacity');
    }
    setText(left, operator.state === 'ready' ? '' : leftText(operator, sessions, at));
  }

  #showPolls(polls) {
    const { polls: box, last: text } = this.#parts;
    const newest = polls.at(-1);
    if (newest === undefined || newest.at === this.#newest) return;
    for (const { at, result, ms } of polls) {
      if (at <= this.#newest) continue;
      box.append(make('i', { 'data-ok': result === 'ok', title: `${clock(at)} ${result}, ${ms} ms` }));
    }
    while (box.children.length > polls.length) box.firstChild.remove();
    this.#newest = newest.at;
    const failed = polls.filter(({ result }) => result !== 'ok').length;
    setAttribute(box, 'aria-label', `${failed} of the last ${polls.length} polls failed`);
    setText(text, newest.result === 'ok' ? latency(newest.ms) : newest.result);
    text.title = newest.result === 'ok' ? '' : reasonText(newest.result);
  }
}

/** Down because somebody wants it so is no failure. */
function shownState({ state, operator }) {
  return operator.state === 'maintenance' ? 'maintenance' : state;
}

function sinceText(node, at) {
  const { since } = node;
  const why = whyText(node);
  return `for ${duration(at - Date.parse(since))}${why === '' ? '' : `: ${why}`}`;
}

function whyText({ state, operator, ejected, tlsFailure, withdrawn, polls }) {
  if (tlsFailure !== null) return tlsFailure;
  if (ejected !== null) return reasonText(ejected);
  if (withdrawn !== null) return reasonText('withdrawn');
  const last = polls.at(-1);
  return state === 'down' && operator.state === 'ready' && last && last.result !== 'ok' ? reasonText(last.result) : '';
}

/** What is left of a node that is not to be ready. */
function leftText({ state, remaining, drained, deadline }, sessions, at) {
  if (drained) return state === 'draining' ? 'drained' : 'empty';
  const what = counted(remaining, sessions === null ? 'connection' : 'session');
  const until = deadline === null ? '' : `, ${duration(Date.parse(deadline) - at)} to go`;
  return `${what} left${until}`;
}

function isIn(kind, state) {
  if (kind === 'drain') return state !== 'ready';
  return kind === 'ready' ? state === 'ready' : state === 'maintenance';
}
