/** The customer's side: creates a session, tells its number, and shares the page with the agents that join. */
import { CUSTOMER, channelsOf, EXIT, JOIN, PAGE } from './channels.js';
import { LiveConnection } from './live-connection.js';
import { Panel, spaced } from './panel.js';
import { createSession } from './sessions.js';
import { Sharing } from './sharing.js';

const IDLE = 'Need a hand? An agent can look at this page together with you.';

const panel = new Panel(document.querySelector('#help'));
const tokenText = document.querySelector('#token');
let session;

document.querySelector('#get-help').addEventListener('click', getHelp);
document.querySelector('#end').addEventListener('click', () => session?.leave());
// Leaving the page ends the session at once, not after the time that a lost connection is waited for.
addEventListener('pagehide', () => session?.leave());
panel.show('idle', IDLE);

async function getHelp() {
  panel.show('connecting', 'Connecting…');
  try {
    const sessionToken = await createSession();
    const connection = await LiveConnection.open();
    session = new CustomerSession(sessionToken, connection);
    await session.join();
  } catch (error) {
    session?.end();
    panel.showError('idle', IDLE, error);
  }
}

class CustomerSession {
  #token;
  #connection;
  #channels;
  #sharing;
  #agents = [];

  constructor(sessionToken, connection) {
    this.#token = sessionToken;
    this.#connection = connection;
    this.#channels = channelsOf(sessionToken);
    this.#sharing = new Sharing((events) => connection.publish(this.#channels.events, events));
    connection.listen(this.#channels.ended, ({ cause }) => this.end(cause));
    connection.listen(this.#channels.users, ({ users }) => this.#meet(users));
    connection.addEventListener('broken', () => panel.show('broken', 'The connection is lost. Trying again…'));
    connection.addEventListener('restored', () => this.#restore());
    connection.addEventListener('lost', () => this.end('lost'));
  }

  async join() {
    const asked = { sessionToken: this.#token, role: CUSTOMER, name: 'Customer' };
    const { users } = await this.#connection.ask(JOIN, asked);
    await this.#connection.subscribe(this.#channels.snapshot, () => this.#sharing.snapshot());
    await this.#connection.ask(PAGE, { url: location.href });
    tokenText.textContent = spaced(this.#token);
    this.#meet(users);
  }

  leave() {
    this.#connection.publish(EXIT);
    this.end('exited');
  }

  end(cause) {
    this.#sharing.stop();
    this.#connection.close();
    session = undefined;
    panel.showEnd(cause);
  }

  #meet(users) {
    this.#agents = users.filter(({ role }) => role !== CUSTOMER).map(({ name }) => name || 'An agent');
    if (this.#agents.length === 0) this.#sharing.stop();
    this.#showAgents();
  }

  #showAgents() {
    if (this.#agents.length === 0) panel.show('waiting', 'Tell this number to the agent on the phone:');
    else panel.show('shared', `${new Intl.ListFormat('en').format(this.#agents)} can see this page.`);
  }

  /** What was recorded meanwhile has not arrived. */
  #restore() {
    if (this.#sharing.isActive) this.#sharing.snapshot();
    this.#showAgents();
  }
}
