/** The page: what the proxy tells of itself, from second to second. */
import { Charts } from './charts.js';
import { find, setAttribute, setText } from './dom.js';
import { explainBox } from './explain.js';
import { Feed } from './feed.js';
import { count, counted, duration, latency, rate } from './format.js';
import { NodeTable } from './nodes.js';
import { askForToken, headers } from './orders.js';
import { quantile, Rates } from './rates.js';
import { shownChange, Timeline } from './timeline.js';

const READINESS = {
  no_node: 'no node takes sessions',
  no_worker: 'no worker listens',
  shutting_down: 'shutting down',
};

const charts = new Charts();
const rates = new Rates();
const table = new NodeTable();
const timeline = new Timeline();
let bounds = [];
let lostSince;

const feed = new Feed({
  headers,
  onEvent: (event, data) => HANDLERS[event]?.(data),
  onState: (state, why) => (state === 'live' ? found() : lost(why)),
  onRefused: async (error) => {
    connection('refused', 'not allowed');
    warn(error.message);
    if (await askForToken(error.message)) feed.retry();
  },
});

const HANDLERS = {
  hello(hello) {
    bounds = hello.latencyBounds;
    setText(find('#version'), hello.version);
    timeline.begin(hello);
    table.begin(hello);
  },
  snapshot: show,
  change(change) {
    timeline.changed(change);
    const { from, to } = shownChange(change);
    announce(from === to ? `${change.node} was restarted` : `${change.node} is ${to}`);
  },
  incident: (incident) => timeline.incident(incident),
};

explainBox();
find('#token').addEventListener('click', async () => {
  if (await askForToken('The token for orders, or the one for looking only.')) feed.retry();
});

function show(snapshot) {
  rates.add(snapshot);
  table.show(snapshot, rates, bounds);
  const { nodes, traffic, readiness, workers, uptimeSeconds } = snapshot;
  const up = nodes.filter(({ state }) => state === 'up').length;
  // What a node said last before it went down is no more.
  const reached = nodes.filter(({ state }) => state !== 'down');
  const sessions = reached.reduce((sum, node) => sum + (node.sessions ?? 0), 0);
  const capacities = reached.map(({ capacity }) => capacity);
  const capacity = capacities.includes(null) ? undefined : capacities.reduce((sum, one) => sum + one, 0);
  const { all, latest } = rates;
  const totals = {
    up: `${up} / ${nodes.length}`,
    sessions: capacity === undefined ? count(sessions) : `${count(sessions)} / ${count(capacity)}`,
    tunnels: count(traffic.tunnels),
    requests: all === undefined ? '–' : rate(all.requests),
    errors: all === undefined ? '–' : rate(all.failed),
    latency: all === undefined ? '–' : `${at(0.5, all)} / ${at(0.99, all)}`,
    clients: count(traffic.clientConnections),
    flight: count(traffic.inFlight),
  };
  for (const [name, text] of Object.entries(totals)) setText(find(`[data-total="${name}"]`), text);
  setAttribute(find('[data-total="errors"]'), 'data-tone', all !== undefined && all.failed > 0 ? 'bad' : 'none');

  const pill = find('#readiness');
  setText(pill, readiness.ready ? 'ready' : (READINESS[readiness.reason] ?? readiness.reason));
  setAttribute(pill, 'data-tone', readiness.ready ? 'good' : 'bad');
  const listening = workers.filter(({ listeningSince, retiring }) => listeningSince !== null && !retiring).length;
  setText(
    find('#facts'),
    `${counted(listening, 'worker')}, up for ${duration(uptimeSeconds * 1000)}, pid ${snapshot.pid}`,
  );
  const down = nodes.filter(({ state, operator }) => state === 'down' && operator.state !== 'maintenance').length;
  setAttribute(find('[data-total="up"]'), 'data-tone', down > 0 ? 'bad' : up < nodes.length ? 'warn' : 'none');
  document.title = down === 0 ? 'cobrowse-proxy' : `${down} down – cobrowse-proxy`;

  const counts = latest?.firstByte ?? [];
  charts.add(snapshot.at, {
    requests: latest?.requests,
    errors: latest?.failed,
    p50: quantile(0.5, counts, bounds),
    p99: quantile(0.99, counts, bounds),
    sessions,
    tunnels: traffic.tunnels,
  });
}

function at(q, { firstByte }) {
  return latency(quantile(q, firstByte, bounds));
}

function found() {
  connection('live', 'live');
  if (lostSince !== undefined) announce('The connection is back.');
  lostSince = undefined;
  find('#lost').hidden = true;
  document.body.classList.remove('stale');
}

/** `why`: what the proxy says, if it says anything. */
function lost(why = 'No connection to the proxy') {
  if (lostSince === undefined) {
    lostSince = new Date();
    rates.reset();
    charts.gap();
  }
  connection('lost', 'connection lost');
  const since = lostSince.toLocaleTimeString('en-GB');
  warn(`${why} (since ${since}; all below is of then). Trying again…`);
}

function connection(state, text) {
  const pill = find('#connection');
  setAttribute(pill, 'data-state', state);
  setText(pill, text);
}

function warn(text) {
  const box = find('#lost');
  setText(box, text);
  box.hidden = false;
  document.body.classList.add('stale');
}

function announce(text) {
  setText(find('#announcer'), text);
}
