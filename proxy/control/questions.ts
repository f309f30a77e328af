/** Questions to another process and the answers that come back under the same number. */

export class Questions<Answer> {
  readonly #open = new Map<number, (answer: Answer | undefined) => void>();
  #lastId = 0;

  /** Resolves to the answer, or to undefined when there will be none. */
  ask(send: (id: number) => void): Promise<Answer | undefined> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      send(id);
    });
  }

  answered(id: number, answer: Answer): void {
    this.#open.get(id)?.(answer);
    this.#open.delete(id);
  }

  /** The other process is gone. */
  abandon(): void {
    for (const resolve of this.#open.values()) resolve(undefined);
    this.#open.clear();
  }
}
