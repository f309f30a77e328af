/** Those who wait for something to have come; whoever takes what comes wakes them. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Resolves to what is found, at once or when it is there. */
  when<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const attempt = (): void => {
        const found = look();
        if (found === undefined) return;
        this.#waiting.delete(attempt);
        resolve(found);
      };
      this.#waiting.add(attempt);
      attempt();
    });
  }

  wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}
