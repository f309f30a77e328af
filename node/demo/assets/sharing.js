/** Records this page and hands the events on: the whole document when someone asks for it, then what changes. */
import { record } from '../js/rrweb/rrweb.js';

/** Events of so many milliseconds go as one message: the live channel counts messages, not bytes. */
const BATCH_MS = 50;
const POINTER_SAMPLE_MS = 50;

export class Sharing {
  #send;
  #stopRecording;
  #events = [];
  #timer;

  /** @param send takes an array of rrweb events */
  constructor(send) {
    this.#send = send;
  }

  get isActive() {
    return this.#stopRecording !== undefined;
  }

  /** The first one starts the recording. */
  snapshot() {
    if (this.isActive) record.takeFullSnapshot(true);
    else this.#stopRecording = record(this.#options());
  }

  stop() {
    this.#stopRecording?.();
    this.#stopRecording = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#events = [];
  }

  #options() {
    return {
      emit: (event) => this.#keep(event),
      // Passwords never leave this page, not even their length: a mask of fixed size stands for them.
      maskInputOptions: { password: true },
      maskInputFn: (text) => (text === '' ? '' : '••••••••'),
      sampling: { mousemove: POINTER_SAMPLE_MS },
    };
  }

  #keep(event) {
    this.#events.push(event);
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
  }

  #flush() {
    this.#timer = undefined;
    this.#send(this.#events.splice(0));
  }
}
