/** Fixed times at even distances, whatever becomes of what begins at them. Times are milliseconds of any clock. */
export class Schedule {
  readonly #began: number;
  readonly #perSecond: number;
  #given = 0;

  constructor(began: number, perSecond: number) {
    this.#began = began;
    this.#perSecond = perSecond;
  }

  /** The earliest time that is due by `now` and was not given yet, or undefined. */
  next(now: number): number | undefined {
    const due = this.#began + (this.#given * 1_000) / this.#perSecond;
    if (due > now) return undefined;
    this.#given++;
    return due;
  }
}
