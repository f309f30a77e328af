/** Numbers for node names: always the same for a name, never another's, even when the name is gone for a while. */
export class Slots {
  readonly #slots = new Map<string, number>();

  /** `names`: by the numbers that they have already. */
  constructor(names: readonly string[] = []) {
    for (const name of names) this.of(name);
  }

  get names(): readonly string[] {
    return [...this.#slots.keys()];
  }

  of(name: string): number {
    const slot = this.#slots.get(name) ?? this.#slots.size;
    this.#slots.set(name, slot);
    return slot;
  }
}
