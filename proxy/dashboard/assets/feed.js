/**
 * Server-sent events over `fetch`, since an `EventSource` cannot send the token; connects again whenever the connection
 * is lost.
 */

/** A snapshot comes each second. */
const SILENCE_MS = 6000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;

export class Feed {
  #options;
  #waiting = () => {};

  /**
   * `headers()` of each request; `onEvent(name, data)`; `onState('live' | 'lost')`; `onRefused(error)` gets what the
   * proxy says, and then nothing is tried until `retry`.
   */
  constructor(options) {
    this.#options = options;
    for (const event of ['online', 'pageshow']) addEventListener(event, () => this.retry());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.retry());
    this.#run();
  }

  /** Does not wait any longer before it tries again. */
  retry() {
    this.#waiting();
  }

  async #run() {
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      const outcome = await this.#connect();
      // The proxy ends each stream after a while, to look at the token again.
      if (outcome === 'ended') {
        pause = FIRST_PAUSE_MS;
        continue;
      }
      if (outcome === 'broken') pause = FIRST_PAUSE_MS;
      if (outcome !== 'refused') this.#options.onState('lost');
      await this.#wait(outcome === 'refused' ? undefined : pause * (0.5 + Math.random()));
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }

  /** `ms` undefined: until `retry`. */
  #wait(ms) {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#waiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #connect() {
    const abort = new AbortController();
    let watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
    let heard = false;
    try {
      const response = await fetch('/events', { headers: this.#options.headers(), signal: abort.signal });
      if (response.status !== 200) {
        const { error } = await response.json();
        if (response.status !== 401 && response.status !== 403) return 'failed';
        this.#options.onRefused(error);
        return 'refused';
      }
      let text = '';
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return heard ? 'ended' : 'failed';
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
        text += value;
        const messages = text.split('\n\n');
        text = messages.pop() ?? '';
        for (const message of messages) this.#told(message);
        if (messages.length > 0 && !heard) {
          heard = true;
          this.#options.onState('live');
        }
      }
    } catch {
      return heard ? 'broken' : 'failed';
    } finally {
      clearTimeout(watchdog);
    }
  }

  #told(message) {
    const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? [];
    if (event !== undefined) this.#options.onEvent(event, JSON.parse(data));
  }
}
