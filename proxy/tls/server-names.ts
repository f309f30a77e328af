/** Which certificate serves which name (RFC 6066 §3, RFC 9525 §6.3). */

export class ServerNames<Context> {
  readonly #byName = new Map<string, Context>();

  /** The first that has a name serves it. `*.` and a name stands for one label before it. */
  add(names: readonly string[], context: Context): void {
    for (const name of names) if (!this.#byName.has(name)) this.#byName.set(name, context);
  }

  /** undefined for a name that is nobody's. `name`: any bytes that a client may have sent. */
  find(name: string): Context | undefined {
    const asked = name.toLowerCase();
    const exact = this.#byName.get(asked);
    if (exact !== undefined) return exact;
    const dot = asked.indexOf('.');
    return dot < 1 ? undefined : this.#byName.get(`*${asked.slice(dot)}`);
  }
}
