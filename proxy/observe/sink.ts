/**
 * Where log lines go: never blocking the caller, and never holding the process. Lines that find the buffer full, or
 * the reader gone, are dropped and counted.
 */
import { pino } from 'pino';

/** A pipe takes up to this many bytes as one piece (PIPE_BUF), so that lines of several workers do not interleave. */
export const LONGEST_LINE = 4096;

const MOST_BUFFERED = 4 * 1024 * 1024;
const FLUSH_INTERVAL_MS = 250;
const CLOSE_DEADLINE_MS = 1000;

const STANDARD_STREAMS: Readonly<Record<number, () => unknown>> = {
  1: () => process.stdout,
  2: () => process.stderr,
};

export interface SinkOptions {
  /** A file descriptor or the path of a file to append to. */
  readonly to: number | string;
  /** Gather lines for up to 250 ms, for many lines; otherwise each is written at once. */
  readonly gather: boolean;
  readonly onDrop: () => void;
}

export class Sink {
  readonly #stream: ReturnType<typeof pino.destination>;
  readonly #onDrop: () => void;
  #readerGone = false;
  #closed = false;

  constructor({ to, gather, onDrop }: SinkOptions) {
    // A write to a blocking pipe whose reader has stalled would hold a thread of libuv's pool, and with it the exit of
    // the process. Node.js makes the pipe of a standard stream non-blocking when that stream is first touched.
    if (typeof to === 'number') STANDARD_STREAMS[to]?.();
    this.#onDrop = onDrop;
    this.#stream = pino.destination({
      dest: to,
      sync: false,
      minLength: gather ? LONGEST_LINE - 1 : 0,
      // For a file as well: SonicBoom measures all that it has gathered anew with each line, so more costs more.
      maxWrite: LONGEST_LINE,
      maxLength: MOST_BUFFERED,
      ...(gather && { periodicFlush: FLUSH_INTERVAL_MS }),
    });
    this.#stream.on('drop', onDrop);
    // Whatever is wrong with the log (reader gone, disk full), traffic goes on.
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') this.#readerGone = true;
    });
  }

  write(line: string): void {
    if (this.#readerGone || this.#closed) this.#onDrop();
    else this.#stream.write(line);
  }

  /** Writes what is left and ends; gives up after a second when the reader has stalled. Never rejects. */
  close(): Promise<void> {
    if (this.#readerGone || this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => {
      // A stream that is not destroyed writes the rest when the process exits, waiting for a reader that has stalled.
      const giveUp = setTimeout(() => this.#stream.destroy(), CLOSE_DEADLINE_MS);
      this.#stream.once('close', () => {
        clearTimeout(giveUp);
        resolve();
      });
      this.#stream.end();
    });
  }
}
