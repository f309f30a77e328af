/** Shows the customer's document as it is now, from rrweb events, as wide as there is room. */
import { EventType, Replayer, ReplayerEvents } from '../js/rrweb/rrweb.js';

export class Mirror {
  #stage;
  #replayer;
  #size;
  #observer = new ResizeObserver(() => this.#fit());

  /** @param stage the element that it fills */
  constructor(stage) {
    this.#stage = stage;
    this.#observer.observe(stage.parentElement);
  }

  /** What comes before the first snapshot is of no use: it changes a document that is not known yet. */
  add(events) {
    for (const event of events) {
      if (this.#replayer === undefined && event.type === EventType.Meta) this.#start(event);
      this.#replayer?.addEvent(event);
    }
  }

  close() {
    this.#observer.disconnect();
    this.#replayer?.destroy();
    this.#replayer = undefined;
    this.#stage.style.height = '';
  }

  #start(event) {
    this.#replayer = new Replayer([], {
      root: this.#stage,
      liveMode: true,
      mouseTail: false,
      showWarning: false,
      // It would take the focus from the agent's own controls.
      triggerFocus: false,
    });
    this.#replayer.iframe.title = "The customer's page";
    this.#replayer.on(ReplayerEvents.Resize, (size) => {
      this.#size = size;
      this.#fit();
    });
    // Counted from the first event, so the clocks of the two machines need not agree.
    this.#replayer.startLive(event.timestamp);
  }

  #fit() {
    if (this.#replayer === undefined || this.#size === undefined) return;
    const { width, height } = this.#size;
    const scale = Math.min(1, this.#stage.clientWidth / width);
    this.#replayer.wrapper.style.transform = `scale(${scale})`;
    this.#stage.style.height = `${Math.round(height * scale)}px`;
  }
}
