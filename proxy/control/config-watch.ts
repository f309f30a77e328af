/**
 * Tells when one of some files, or directories, has other contents. It looks rather than listens: what a path stands
 * for also changes by a rename over it, by a symbolic link on the way to it that points elsewhere (a ConfigMap of
 * Kubernetes), by a bind mount or on a network file system, and the system's notifications miss one or the other of
 * these.
 */
import { type Stats, stat, unwatchFile, watchFile } from 'node:fs';
import { readListing } from '../../config/listing.ts';
import { readTextFile } from '../../config/text-file.ts';

const LOOK_INTERVAL_MS = 1000;
/** Whoever writes a file in pieces, or a certificate and then its key, is given that long for the next one. */
const SETTLE_MS = 200;

export interface ConfigWatchOptions {
  /** That are there from the beginning to the end. */
  readonly files: readonly string[];
  readonly onChange: () => void;
  readonly lookIntervalMs?: number;
}

export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  readonly #look = ({ nlink }: Stats): void => this.#looked(nlink > 0);
  /** By path; undefined for a file that cannot be read: that is a change as well, for the loader to explain. */
  readonly #texts: Map<string, string | undefined>;
  #started = false;
  #settling: NodeJS.Timeout | undefined;

  /** To be made when the files are read: what they hold then is what they are compared with. */
  constructor(options: ConfigWatchOptions) {
    this.#options = options;
    this.#texts = new Map(options.files.map((file) => [file, textOf(file)]));
  }

  /**
   * Others beside those of the beginning, files or directories, with what was read of them; in the place of those that
   * were given before.
   */
  follow(others: ReadonlyMap<string, string | undefined>): void {
    for (const file of [...this.#texts.keys()]) {
      if (others.has(file) || this.#options.files.includes(file)) continue;
      this.#texts.delete(file);
      unwatchFile(file, this.#look);
    }
    for (const [file, text] of others) {
      if (this.#texts.has(file)) continue;
      this.#texts.set(file, text);
      if (this.#started) this.#watch(file);
    }
  }

  /** Tells a change since it was made as well. */
  start(): void {
    this.#started = true;
    for (const file of this.#texts.keys()) this.#watch(file);
  }

  stop(): void {
    this.#started = false;
    for (const file of this.#texts.keys()) unwatchFile(file, this.#look);
    clearTimeout(this.#settling);
  }

  #watch(file: string): void {
    const { lookIntervalMs = LOOK_INTERVAL_MS } = this.#options;
    watchFile(file, { interval: lookIntervalMs, persistent: false }, this.#look);
    // Asked once the watch has its own first look under way: what comes between the two would be nobody's change.
    stat(file, (error) => {
      if (error === null && this.#started) this.#looked(true);
    });
  }

  #looked(isThere: boolean): void {
    // A file that is replaced may be gone for a moment.
    if (!isThere) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#settled(), SETTLE_MS).unref();
  }

  #settled(): void {
    let changed = false;
    for (const [file, before] of this.#texts) {
      const text = textOf(file);
      changed ||= text !== before;
      this.#texts.set(file, text);
    }
    if (changed) this.#options.onChange();
  }
}

function textOf(file: string): string | undefined {
  const read = readTextFile(file);
  if (read.ok) return read.text;
  const listing = read.code === 'EISDIR' ? readListing(file) : undefined;
  return listing?.ok ? listing.text : undefined;
}
