/**
 * Where log lines go: never blocking the caller, and never holding the process. Lines that find the buffer full, or
 * the reader gone, are dropped and counted.
 */
import { fstatSync, statSync } from 'node:fs';
import { pino } from 'pino';

/** A pipe takes up to this many bytes as one piece (PIPE_BUF), so that lines of several workers do not interleave. */
export const LONGEST_LINE = 4096;
/** A file takes any number (O_APPEND); each write costs a turn of another thread. */
const FILE_BATCH = 64 * 1024;

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
  /** Bytes that are written together; 0: each line by itself. */
  readonly #together: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #gathered = '';
  #readerGone = false;
  #closed = false;

  constructor({ to, gather, onDrop }: SinkOptions) {
    // A write to a blocking pipe whose reader has stalled would hold a thread of libuv's pool, and with it the exit of
    // the process. Node.js makes the pipe of a standard stream non-blocking when that stream is first touched.
    if (typeof to === 'number') STANDARD_STREAMS[to]?.();
    this.#onDrop = onDrop;
    this.#together = gather ? (isFile(to) ? FILE_BATCH : LONGEST_LINE) : 0;
    this.#stream = pino.destination({
      dest: to,
      sync: false,
      minLength: 0,
      maxWrite: Math.max(this.#together, LONGEST_LINE),
      maxLength: MOST_BUFFERED,
    });
    this.#stream.on('drop', (lines) => {
      for (let at = lines.indexOf('\n'); at >= 0; at = lines.indexOf('\n', at + 1)) onDrop();
    });
    // Whatever is wrong with the log (reader gone, disk full), traffic goes on.
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') this.#readerGone = true;
    });
    if (gather) this.#timer = setInterval(() => this.#flush(), FLUSH_INTERVAL_MS).unref();
  }

  /** A line of ASCII, with its newline. They are gathered here, since SonicBoom measures all it has with each line. */
  write(line: string): void {
    if (this.#readerGone || this.#closed) {
      this.#onDrop();
      return;
    }
    if (this.#together === 0) {
      this.#stream.write(line);
      return;
    }
    if (this.#gathered.length + line.length > this.#together) this.#flush();
    this.#gathered += line;
  }

  #flush(): void {
    if (this.#gathered === '') return;
    const lines = this.#gathered;
    this.#gathered = '';
    this.#stream.write(lines);
  }

  /** Writes what is left and ends; gives up after a second when the reader has stalled. Never rejects. */
  close(): Promise<void> {
    if (this.#readerGone || this.#closed) return Promise.resolve();
    clearInterval(this.#timer);
    this.#flush();
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

/** What is not there yet will be one. */
function isFile(to: number | string): boolean {
  const stats = typeof to === 'number' ? fstatSync(to) : statSync(to, { throwIfNoEntry: false });
  return stats === undefined || stats.isFile();
}
