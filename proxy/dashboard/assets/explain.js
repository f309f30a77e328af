/** The box that tells where a request would go, and why. */
import { find, make } from './dom.js';
import { ask } from './orders.js';

export function explainBox() {
  const form = find('#explain form');
  const result = find('#explanation');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const said = [...new FormData(form)].map(([name, value]) => [name, value.trim()]);
    const query = new URLSearchParams(said.filter(([, value]) => value !== ''));
    const { answer, problem } = await ask('GET', `/explain?${query}`);
    result.replaceChildren(...(problem === undefined ? shown(answer) : [make('p', { class: 'warning' }, problem)]));
  });
}

function shown(answer) {
  const { action, node, nodeState, refusal, status, why } = answer;
  const headline = make('p', { class: 'verdict', 'data-action': action }, headlineOf(action, node, refusal, status));
  const facts = [
    ['class', answer.class],
    ['decided by', answer.by],
    ['verdict', answer.verdict],
    ['node', node === null ? null : `${node}, ${nodeState}`],
    ['sources', answer.conflict ? 'disagree' : null],
    ['nodes asked', answer.lookUp],
    ['listener', answer.listener && `${answer.listener.host}:${answer.listener.port}`],
    ['worker', answer.worker],
  ].filter(([, value]) => value !== null);
  const list = make('dl', {}, ...facts.map(([name, value]) => fact(name, String(value))));
  return [headline, make('p', {}, why), list];
}

function headlineOf(action, node, refusal, status) {
  if (action === 'forward') return `→ ${node}`;
  if (action === 'redirect') return `${status}, to https`;
  return refusal === null ? `${status}, by the proxy itself` : `${status} ${refusal.code}`;
}

function fact(name, value) {
  return make('div', {}, make('dt', {}, name), make('dd', {}, value));
}
