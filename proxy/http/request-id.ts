/** Ids that tie a request's log lines together across proxy and nodes. */
import { randomBytes } from 'node:crypto';

const MAX_LENGTH = 128;
const ALLOWED = /^[A-Za-z0-9._~:+/=-]+$/;

/** Makes ids of a random prefix for the process and a counter: unique, cheap, and not meant to be unguessable. */
export class RequestIds {
  readonly #prefix = `${randomBytes(9).toString('hex')}-`;
  #count = 0;

  /** The client's id where it is one that can be logged and passed on unchanged; else a new one. */
  take(received: string): string {
    if (received !== '' && received.length <= MAX_LENGTH && ALLOWED.test(received)) return received;
    return this.#prefix + (++this.#count).toString(36);
  }
}
