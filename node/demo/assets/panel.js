/** What both pages show of a session: its state, in words and as `data-state`, and what may be done in that state. */

const CAUSES = {
  stopped: 'The agent stopped it.',
  left: 'The other side has left.',
  exited: 'You have left it.',
  never_joined: 'No agent came in time.',
  abandoned: 'Nobody was connected for too long.',
  node_stopped: 'Its server was stopped.',
  lost: 'The connection to its server was lost.',
};

export class Panel {
  #root;
  #status;
  #error;

  /** @param root has a `[data-status]` and a `[data-error]`; its `[data-in]` elements show in the states listed there */
  constructor(root) {
    this.#root = root;
    this.#status = root.querySelector('[data-status]');
    this.#error = root.querySelector('[data-error]');
  }

  show(state, text) {
    const { activeElement } = document;
    this.#root.dataset.state = state;
    this.#status.textContent = text;
    this.#error.textContent = '';
    for (const element of this.#root.querySelectorAll('[data-in]')) {
      element.hidden = !element.dataset.in.split(' ').includes(state);
    }
    // The element with the focus may be gone now: the keyboard goes on from the panel, not from the top of the page.
    if (this.#root.contains(activeElement) && activeElement.closest('[hidden]')) this.#root.focus();
  }

  showEnd(cause) {
    this.show('ended', `The session has ended. ${CAUSES[cause] ?? ''}`);
  }

  /** Back to a state from which one may try again. */
  showError(state, text, error) {
    this.show(state, text);
    this.tell(error);
  }

  /** The state stays. */
  tell(error) {
    this.#error.textContent = error.message;
  }
}

/** `123456789` as people read it out. */
export function spaced(sessionToken) {
  return sessionToken.replaceAll(/\d{3}(?=\d)/g, '$& ');
}
