/** Changes of state and incidents, newest first. */
import { find, make } from './dom.js';
import { clock, duration } from './format.js';

const SHOWN = 100;

const REASONS = {
  admitted: 'it answers',
  draining: 'it says so',
  ready: 'it says so',
  restarted: 'it is another instance',
  errors: 'it answers with errors only',
  trial: 'it may show whether it is well again',
  hung: 'it answers its health polls and nothing else',
  refused: 'nothing listens there',
  timeout: 'no answer in time',
  status: 'its health answer is not 200',
  reset: 'the connection broke off',
  unresolved: 'its host name has no address',
  tls: 'no safe connection to it',
  error: 'its health answer is no HTTP',
  'operator-draining': 'an operator said so',
  'operator-maintenance': 'an operator said so',
  'operator-ready': 'an operator said so',
  withdrawn: 'it is found no more',
  found: 'it is found again',
  'all-down': 'no node is left',
  'worker-death': 'a process that carries traffic died',
};

export class Timeline {
  #list = find('#timeline ol');
  #changes = [];
  #incidents = new Map();
  #drawing;

  /** What was before. */
  begin({ changes, incidents }) {
    this.#changes = [...changes];
    this.#incidents = new Map(incidents.map((incident) => [incident.id, incident]));
    this.#drawSoon();
  }

  changed(change) {
    this.#changes.push(change);
    if (this.#changes.length > SHOWN) this.#changes.shift();
    this.#drawSoon();
  }

  incident(incident) {
    this.#incidents.set(incident.id, incident);
    this.#drawSoon();
  }

  /** Once for all that happens at a time: an outage changes every node. */
  #drawSoon() {
    this.#drawing ??= requestAnimationFrame(() => {
      this.#drawing = undefined;
      this.#draw();
    });
  }

  #draw() {
    const entries = [
      ...this.#changes.map((change) => ({ at: change.at, item: () => changeItem(change) })),
      ...[...this.#incidents.values()].map((incident) => ({
        at: incident.startedAt,
        item: () => incidentItem(incident),
      })),
    ];
    entries.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
    this.#list.replaceChildren(...entries.slice(0, SHOWN).map(({ item }) => item()));
    find('#timeline .empty').hidden = entries.length > 0;
  }
}

export function reasonText(reason) {
  return REASONS[reason] ?? reason;
}

/** Down because somebody wants it so is maintenance, and no failure. */
export function shownChange({ from, to, reason }) {
  if (reason === 'operator-maintenance') return { from, to: 'maintenance' };
  const orderedBack = from === 'down' && (reason === 'operator-ready' || reason === 'operator-draining');
  return { from: orderedBack ? 'maintenance' : from, to };
}

function changeItem(change) {
  const { at, node, reason, why } = change;
  const { from, to } = shownChange(change);
  const what = from === to ? 'restarted' : `${from} → ${to}`;
  return item(at, to, node, what, why ?? reasonText(reason));
}

function incidentItem(incident) {
  const { id, kind, node, cause, startedAt, detectionMs, recoveredAt, durationMs } = incident;
  const costs = [
    [incident.sessionsLost, 'sessions lost'],
    [incident.requestsFailed, 'requests failed'],
    [incident.requestsRetried, 'retried'],
    [incident.tunnelsClosed, 'tunnels closed'],
  ].flatMap(([number, what]) => (number > 0 ? [`${number} ${what}`] : []));
  const found = detectionMs === null ? [] : [`found in ${detectionMs} ms`];
  const lasts = recoveredAt === null ? 'ongoing' : `over after ${duration(durationMs ?? 0)}`;
  const text = [reasonText(cause), ...found, ...costs].join(', ');
  const tone = recoveredAt === null ? 'down' : 'over';
  return item(startedAt, tone, node ?? '', `incident ${id}, ${kind}: ${lasts}`, text);
}

function item(at, tone, node, what, why) {
  return make(
    'li',
    { 'data-tone': tone },
    make('time', { datetime: at }, clock(at)),
    make('p', {}, make('b', {}, node), node === '' ? '' : ' ', what, make('small', {}, why)),
  );
}
