/** Counts an answer's bytes as they arrive and keeps none of them: only its head is looked at. */

const MOST_HEAD = 16 * 1024;
const LENGTH = /\ncontent-length: *(\d+)/i;

export class AnswerCounter {
  #head = '';
  /** Bytes of the body that have not arrived; undefined while the head is not complete. */
  #left: number | undefined;
  #status = 0;

  /** Of the answer that `take` has found complete. */
  get status(): number {
    return this.#status;
  }

  /**
   * The first `length` bytes of `buffer` have arrived. True when that completes an answer; the next begins with the
   * next bytes. Throws on an answer without Content-Length, and on bytes after its end.
   */
  take(buffer: Buffer, length: number): boolean {
    if (this.#left !== undefined) this.#left -= length;
    else this.#readHead(buffer, length);
    if (this.#left === undefined || this.#left > 0) return false;
    if (this.#left < 0) throw new Error('bytes after the answer');
    this.#left = undefined;
    return true;
  }

  #readHead(buffer: Buffer, length: number): void {
    const known = this.#head.length;
    const text = this.#head + buffer.toString('latin1', 0, Math.min(length, MOST_HEAD));
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) {
      if (text.length >= MOST_HEAD) throw new Error('an answer without an end of its head');
      this.#head = text;
      return;
    }
    const head = text.slice(0, end);
    const body = LENGTH.exec(head)?.[1];
    if (body === undefined) throw new Error(`an answer without Content-Length:\n${head}`);
    this.#head = '';
    this.#status = Number(head.slice(9, 12));
    this.#left = Number(body) - (known + length - (end + 4));
  }
}
