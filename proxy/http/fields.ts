/**
 * Field lines (RFC 9112 §5), shared by request heads, answer heads and trailers: strict grammar, and the list of what
 * is cut out when the section is forwarded. A section stays one latin1 string; lines to keep are copied as slices.
 */
import { COLON, COMMA, CR, HTAB, is, LF, matches, SP, TOKEN, VALUE } from './grammar.ts';

/** More bytes are needed. */
export const INCOMPLETE = 0;
/** Against the grammar. */
export const MALFORMED = -1;
/** More field lines than allowed. */
export const TOO_MANY_FIELDS = -2;

/** Fields that a Connection header may not name away: the message would change its meaning (RFC 9110 §7.6.1). */
const NEVER_NOMINATED: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection']);

export abstract class FieldSection {
  /** The whole head or trailer section, latin1; what the positions below refer to. */
  protected text = '';
  protected fieldsStart = 0;
  /** Position of the empty line that ends the section. */
  protected fieldsEnd = 0;
  /**
   * Pairs of positions [start, end) of the lines that are not forwarded, ascending; of these the first `#cutsEnd`
   * count. The array is never emptied: `length = 0` leaves compiled code.
   */
  readonly #cuts: number[] = [];
  #cutsEnd = 0;
  #nominated: Set<string> | undefined;
  /** What was read last, as long as all that it said stands here; else ''. */
  #known = '';
  /** What is read is what was read before, on the same connection. */
  repeated = false;

  // Options of the Connection header, RFC 9110 §7.6.1.
  protected optionClose = false;
  protected optionKeepAlive = false;
  protected optionUpgrade = false;

  protected resetFields(): void {
    this.#known = '';
    this.repeated = false;
    this.#cutsEnd = 0;
    this.#nominated = undefined;
    this.optionClose = false;
    this.optionKeepAlive = false;
    this.optionUpgrade = false;
  }

  /**
   * Whether the text goes on, from `start`, with what was read last: its end, else 0. Then all that it said stands, and
   * no byte of it is looked at again. Clients mostly say what they said before, and so do nodes: that takes 0.1 µs,
   * whatever the length, and reading 3 to 5 ns for each byte.
   */
  protected repeats(text: string, start: number): number {
    const end = start + this.#known.length;
    this.repeated = end > start && text.slice(start, end) === this.#known;
    return this.repeated ? end : 0;
  }

  /** It may be repeated. */
  protected remember(text: string, start: number, end: number): void {
    this.#known = text.slice(start, end);
  }

  /** Not all that it said stands any more. */
  protected forget(): void {
    this.#known = '';
    this.repeated = false;
  }

  /**
   * One field line: name at [line, nameEnd), value at [valueStart, valueEnd) without surrounding whitespace, next line
   * at `next`. False refuses the whole section.
   */
  protected abstract field(line: number, nameEnd: number, valueStart: number, valueEnd: number, next: number): boolean;

  /** Reads field lines from `start` to the empty line; the position after it, or one of the codes above. */
  protected readFields(text: string, start: number, maxFields: number): number {
    this.text = text;
    this.fieldsStart = start;
    const length = text.length;
    let position = start;
    let count = 0;
    for (;;) {
      if (position >= length) return INCOMPLETE;
      const line = position;
      let code = text.charCodeAt(position);
      if (code === CR) {
        if (position + 1 >= length) return INCOMPLETE;
        if (text.charCodeAt(position + 1) !== LF) return MALFORMED;
        this.fieldsEnd = position;
        if (this.#nominated !== undefined) this.#cutNominated(this.#nominated);
        return position + 2;
      }
      // No whitespace before the name (that would be obs-fold) nor between name and colon: RFC 9112 §5.1, §5.2.
      while (is(code, TOKEN)) code = text.charCodeAt(++position);
      if (position >= length) return INCOMPLETE;
      if (code !== COLON || position === line) return MALFORMED;
      const nameEnd = position;
      do code = text.charCodeAt(++position);
      while (code === SP || code === HTAB);
      const valueStart = position;
      while (is(code, VALUE)) code = text.charCodeAt(++position);
      if (position >= length) return INCOMPLETE;
      if (code !== CR) return MALFORMED;
      if (position + 1 >= length) return INCOMPLETE;
      if (text.charCodeAt(position + 1) !== LF) return MALFORMED;
      let valueEnd = position;
      while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--;
      position += 2;
      if (++count > maxFields) return TOO_MANY_FIELDS;
      if (!this.field(line, nameEnd, valueStart, valueEnd, position)) return MALFORMED;
    }
  }

  protected cut(start: number, end: number): void {
    this.#cuts[this.#cutsEnd++] = start;
    this.#cuts[this.#cutsEnd++] = end;
  }

  /** The field lines to forward, each with its CRLF, without the empty line. */
  protected keptFields(): string {
    return this.kept(this.fieldsStart);
  }

  /** The same from an earlier position on, so that a status line can go along in one slice. */
  protected kept(from: number): string {
    const { text } = this;
    const cuts = this.#cuts;
    if (this.#cutsEnd === 0) return text.slice(from, this.fieldsEnd);
    let result = '';
    let position = from;
    for (let i = 0; i < this.#cutsEnd; i += 2) {
      const start = cuts[i] as number;
      if (start > position) result += text.slice(position, start);
      position = cuts[i + 1] as number;
    }
    return position < this.fieldsEnd ? result + text.slice(position, this.fieldsEnd) : result;
  }

  protected get hasCuts(): boolean {
    return this.#cutsEnd > 0;
  }

  /** Reads the options of one Connection header; false when its list is malformed. */
  protected connectionOptions(start: number, end: number): boolean {
    const { text } = this;
    let position = start;
    while (position < end) {
      const first = position;
      while (position < end && is(text.charCodeAt(position), TOKEN)) position++;
      if (position > first) this.#connectionOption(first, position);
      while (position < end && isBlank(text.charCodeAt(position))) position++;
      if (position < end && text.charCodeAt(position) !== COMMA) return false;
      position++;
      while (position < end && isBlank(text.charCodeAt(position))) position++;
    }
    return true;
  }

  #connectionOption(start: number, end: number): void {
    const length = end - start;
    if (length === 5 && matches(this.text, start, 'close')) this.optionClose = true;
    else if (length === 10 && matches(this.text, start, 'keep-alive')) this.optionKeepAlive = true;
    else if (length === 7 && matches(this.text, start, 'upgrade')) this.optionUpgrade = true;
    else {
      this.#nominated ??= new Set();
      this.#nominated.add(this.text.slice(start, end).toLowerCase());
    }
  }

  #cutNominated(nominated: ReadonlySet<string>): void {
    this.cutLines((line) => {
      const name = this.text.slice(line, this.text.indexOf(':', line)).toLowerCase();
      return nominated.has(name) && !NEVER_NOMINATED.has(name);
    });
  }

  /** Rare, so a second pass over the lines is fine: merges those that are to go into the cuts, in order. */
  protected cutLines(goes: (line: number) => boolean): void {
    const already = new Map<number, number>();
    for (let i = 0; i < this.#cutsEnd; i += 2) already.set(this.#cuts[i] as number, this.#cuts[i + 1] as number);
    this.#cutsEnd = 0;
    let line = this.fieldsStart;
    while (line < this.fieldsEnd) {
      const next = this.text.indexOf('\r\n', line) + 2;
      if (already.has(line) || goes(line)) this.cut(line, next);
      line = next;
    }
  }
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}
