/**
 * A connection to the live channel by the stock CometD client. Events: `broken` and `restored` when the client loses and
 * finds its node again, `lost` when there is nothing to come back to: the session has ended for this participant.
 */
import { CometD } from '../js/cometd/cometd.js';
import { isNodeLost, LIVE_CHANNEL, Problem } from './sessions.js';

const OPEN_TIMEOUT_MS = 15_000;
/** 8 KiB by default, which no snapshot of a page fits into; the node takes 8 MiB. */
const MAX_MESSAGE_SIZE = 8 * 1024 * 1024;
const MAX_BACKOFF_MS = 5_000;

export class LiveConnection extends EventTarget {
  #cometd = new CometD();
  #state = 'opening';

  static async open() {
    const connection = new LiveConnection();
    try {
      await connection.#open();
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /** Publishes to a service channel, and resolves with the fields of the answer. */
  ask(channel, data = {}) {
    return new Promise((resolve, reject) => {
      const listener = this.#cometd.addListener(channel, ({ data: { error, ...fields } }) => {
        this.#cometd.removeListener(listener);
        if (error) reject(new Problem(error.code, error.message));
        else resolve(fields);
      });
      this.#cometd.publish(channel, data, ({ successful }) => {
        if (successful) return;
        this.#cometd.removeListener(listener);
        reject(new Problem('unreachable', 'The service did not answer. Try again in a moment.'));
      });
    });
  }

  publish(channel, data = {}) {
    this.#cometd.publish(channel, data);
  }

  /** Resolves when messages of other participants come. */
  subscribe(channel, hear) {
    return new Promise((resolve, reject) => {
      this.#cometd.subscribe(
        channel,
        ({ data }) => hear(data),
        ({ successful, error }) => (successful ? resolve() : reject(new Problem('refused', error))),
      );
    });
  }

  /** For what the node says unasked: subscribing is not needed. */
  listen(channel, hear) {
    this.#cometd.addListener(channel, ({ data }) => hear(data));
  }

  /** Tells the node, if it can. */
  close() {
    this.#state = 'closed';
    this.#cometd.disconnect();
  }

  async #open() {
    this.#cometd.configure({
      url: LIVE_CHANNEL,
      logLevel: 'warn',
      maxSendBayeuxMessageSize: MAX_MESSAGE_SIZE,
      maxBackoff: MAX_BACKOFF_MS,
    });
    this.#cometd.addListener('/meta/handshake', (reply) => this.#handshaken(reply));
    this.#cometd.addListener('/meta/connect', (reply) => this.#connected(reply));
    await new Promise((resolve, reject) => {
      const giveUp = () => reject(new Problem('unreachable', 'The live channel cannot be reached.'));
      const timer = setTimeout(giveUp, OPEN_TIMEOUT_MS);
      this.addEventListener('open', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#cometd.handshake();
    });
  }

  /** After the first one, a handshake means that the node no longer knows this client: it has left its session. */
  #handshaken({ successful }) {
    if (successful && this.#state !== 'opening') this.#lose();
  }

  #connected({ successful }) {
    if (this.#state === 'closed') return;
    if (successful) {
      if (this.#state !== 'connected') this.#become('connected', this.#state === 'opening' ? 'open' : 'restored');
    } else if (this.#state !== 'opening') {
      if (this.#state === 'connected') this.#become('broken', 'broken');
      void isNodeLost().then((isLost) => isLost && this.#lose());
    }
  }

  #lose() {
    if (this.#state === 'closed') return;
    this.close();
    this.dispatchEvent(new Event('lost'));
  }

  #become(state, event) {
    this.#state = state;
    this.dispatchEvent(new Event(event));
  }
}
