/**
 * Tells when a file has other contents. It looks rather than listens: what a path stands for also changes by a rename
 * over it, by a symbolic link on the way to it that points elsewhere (a ConfigMap of Kubernetes), by a bind mount or on a
 * network file system, and the system's notifications miss one or the other of these.
 */
import { existsSync, type Stats, unwatchFile, watchFile } from 'node:fs';
import { readTextFile } from '../../config/text-file.ts';

const LOOK_INTERVAL_MS = 1000;
/** Whoever writes the file in pieces is given that long for the next one. */
const SETTLE_MS = 200;

export interface ConfigWatchOptions {
  readonly file: string;
  readonly onChange: () => void;
  readonly lookIntervalMs?: number;
}

export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  readonly #look = ({ nlink }: Stats): void => this.#looked(nlink > 0);
  #text: string | undefined;
  #settling: NodeJS.Timeout | undefined;

  /** To be made when the file is read: what it holds then is what it is compared with. */
  constructor(options: ConfigWatchOptions) {
    this.#options = options;
    this.#text = textOf(options.file);
  }

  /** Tells a change since it was made as well. */
  start(): void {
    const { file, lookIntervalMs = LOOK_INTERVAL_MS } = this.#options;
    watchFile(file, { interval: lookIntervalMs, persistent: false }, this.#look);
    this.#looked(existsSync(file));
  }

  stop(): void {
    unwatchFile(this.#options.file, this.#look);
    clearTimeout(this.#settling);
  }

  #looked(isThere: boolean): void {
    clearTimeout(this.#settling);
    // A file that is replaced may be gone for a moment.
    if (isThere) this.#settling = setTimeout(() => this.#settled(), SETTLE_MS).unref();
  }

  #settled(): void {
    const text = textOf(this.#options.file);
    if (text === this.#text) return;
    this.#text = text;
    this.#options.onChange();
  }
}

/** undefined for a file that cannot be read: that is a change as well, for the loader to explain. */
function textOf(file: string): string | undefined {
  const read = readTextFile(file);
  return read.ok ? read.text : undefined;
}
