/** The agent's side: finds the session by its number, joins it and shows the customer's page. */
import { AGENT, CONTROLLER, channelsOf, EXIT, JOIN, STOP } from './channels.js';
import { LiveConnection } from './live-connection.js';
import { Mirror } from './mirror.js';
import { Panel } from './panel.js';
import { followSession } from './sessions.js';

const IDLE = 'Ask the customer for the number of the session.';

const panel = new Panel(document.querySelector('#session'));
const form = document.querySelector('#join');
const stopButton = document.querySelector('#stop');
const stage = document.querySelector('#stage');
let session;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void join(new FormData(form));
});
stopButton.addEventListener('click', () => session?.stop());
document.querySelector('#leave').addEventListener('click', () => session?.leave());
addEventListener('pagehide', () => session?.leave());
panel.show('idle', IDLE);

async function join(fields) {
  const sessionToken = fields.get('token').replaceAll(/\D/g, '');
  const role = fields.has('controller') ? CONTROLLER : AGENT;
  panel.show('connecting', 'Joining…');
  try {
    await followSession(sessionToken);
    session = new AgentSession(sessionToken, role, await LiveConnection.open());
    await session.join(fields.get('name').trim());
  } catch (error) {
    session?.end();
    panel.showError('idle', IDLE, error);
  }
}

class AgentSession {
  #token;
  #role;
  #connection;
  #channels;
  #mirror = new Mirror(stage);

  constructor(sessionToken, role, connection) {
    this.#token = sessionToken;
    this.#role = role;
    this.#connection = connection;
    this.#channels = channelsOf(sessionToken);
    connection.listen(this.#channels.ended, ({ cause }) => this.end(cause));
    connection.addEventListener('broken', () => panel.show('broken', 'The connection is lost. Trying again…'));
    connection.addEventListener('restored', () => this.#watch());
    connection.addEventListener('lost', () => this.end('lost'));
  }

  async join(name) {
    await this.#connection.ask(JOIN, { sessionToken: this.#token, role: this.#role, name });
    await this.#connection.subscribe(this.#channels.events, (events) => this.#mirror.add(events));
    stopButton.dataset.in = this.#role === CONTROLLER ? 'shared broken' : '';
    this.#watch();
  }

  /** The node tells all participants, this one too. */
  stop() {
    this.#connection.ask(STOP).catch((error) => {
      if (session === this) panel.tell(error);
    });
  }

  leave() {
    this.#connection.publish(EXIT);
    this.end('exited');
  }

  end(cause) {
    this.#mirror.close();
    this.#connection.close();
    session = undefined;
    panel.showEnd(cause);
  }

  /** Asks for the whole document: what came before, or while the connection was away, has not arrived. */
  #watch() {
    this.#connection.publish(this.#channels.snapshot);
    panel.show('shared', "You see the customer's page live.");
  }
}
