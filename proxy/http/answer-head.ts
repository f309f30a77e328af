/**
 * The head of a node's answer: status line and fields, read as strictly as a request's, since an ambiguous answer
 * would let one client read another's (RFC 9112 §4–§6). One object per node connection, overwritten by each answer.
 */
import { FieldSection, INCOMPLETE } from './fields.ts';
import { COLON, CR, DIGIT, EQUALS, HTAB, is, LF, matches, parseLength, SP, VALUE } from './grammar.ts';
import { ownCopy } from './own-copy.ts';
import type { HeadLimits } from './request-head.ts';

/** How the body of an answer ends (RFC 9112 §6.3). */
export type AnswerFraming = 'none' | 'length' | 'chunked' | 'close';

const SET_COOKIE = 'set-cookie';

export class AnswerHead extends FieldSection {
  status = 0;
  http10 = false;
  contentLength = -1;
  chunked = false;
  /** Seconds that the node keeps an idle connection, by its Keep-Alive header; -1 when it does not say. */
  keepAliveSeconds = -1;
  /** X-Cobrowse-Instance: the node's process that answers; '' when it does not say, or says several. */
  instance = '';
  /** X-Cobrowse-Session: token of the session that the answer binds the client to; never forwarded. '' for none. */
  session = '';
  /** The node says Strict-Transport-Security itself: of several, browsers take the first (RFC 6797 §8.1). */
  strictTransport = false;

  readonly #limits: HeadLimits;
  #lengths = 0;
  #codings = 0;
  #upgrades = 0;
  #upgradeIsWebsocket = false;
  #instances = 0;
  #sessions = 0;
  #repeatedForwarded = '';

  constructor(limits: HeadLimits) {
    super();
    this.#limits = limits;
  }

  /** True when the node will take another request on this connection. */
  get keepAlive(): boolean {
    return this.http10 ? this.optionKeepAlive && !this.optionClose : !this.optionClose;
  }

  /** Of a 101: to a WebSocket, and to nothing else besides; a client must fail what does not say so (RFC 6455 §4.1). */
  get upgradesToWebsocket(): boolean {
    return this.#upgrades === 1 && this.#upgradeIsWebsocket && this.optionUpgrade;
  }

  /** Reads a head from the beginning of `text`: its length, 0 when more bytes are needed, -1 when it is refused. */
  parse(text: string): number {
    const known = this.repeats(text, 0);
    if (known > 0) return known;
    this.resetFields();
    this.#repeatedForwarded = '';
    this.http10 = false;
    this.contentLength = -1;
    this.chunked = false;
    this.#upgrades = 0;
    this.keepAliveSeconds = -1;
    this.instance = '';
    this.session = '';
    this.strictTransport = false;
    this.#instances = 0;
    this.#sessions = 0;
    this.#lengths = 0;
    this.#codings = 0;
    const fields = this.#statusLine(text);
    const end = fields <= 0 ? fields : this.readFields(text, fields, this.#limits.headers);
    if (end === INCOMPLETE) return text.length > this.#limits.head ? -1 : INCOMPLETE;
    if (end < 0 || end > this.#limits.head) return -1;
    if (this.#lengths + this.#codings > 1 || (this.http10 && this.#codings > 0)) return -1;
    // HTTP/1.0 knows no interim answers (RFC 9110 §15.2): a reader that does not would take it for the final one.
    if (this.http10 && this.status < 200) return -1;
    this.remember(text, 0, end);
    return end;
  }

  /** `HTTP/1.x SP 3DIGIT [SP reason] CRLF`; the position after it. */
  #statusLine(text: string): number {
    const length = text.length;
    if (length < 13) return 'HTTP/1.'.startsWith(text.slice(0, 7)) ? INCOMPLETE : -1;
    if (!text.startsWith('HTTP/1.')) return -1;
    const minor = text.charCodeAt(7);
    if ((minor !== 0x31 && minor !== 0x30) || text.charCodeAt(8) !== SP) return -1;
    this.http10 = minor === 0x30;
    for (let i = 9; i < 12; i++) if (!is(text.charCodeAt(i), DIGIT)) return -1;
    this.status = (text.charCodeAt(9) - 0x30) * 100 + (text.charCodeAt(10) - 0x30) * 10 + (text.charCodeAt(11) - 0x30);
    if (this.status < 100) return -1;
    let position = 12;
    let code = text.charCodeAt(position);
    if (code !== SP && code !== CR) return -1;
    while (is(code, VALUE)) code = text.charCodeAt(++position);
    if (position >= length) return INCOMPLETE;
    if (code !== CR) return -1;
    if (position + 1 >= length) return INCOMPLETE;
    return text.charCodeAt(position + 1) === LF ? position + 2 : -1;
  }

  protected field(line: number, nameEnd: number, start: number, end: number, next: number): boolean {
    const { text } = this;
    const first = text.charCodeAt(line) | 0x20;
    switch (nameEnd - line) {
      case 2:
        if (first === 0x74 && matches(text, line, 'te')) this.cut(line, next);
        break;
      case 7:
        if (first === 0x75 && matches(text, line, 'upgrade')) {
          this.#upgrades++;
          this.#upgradeIsWebsocket = end - start === 9 && matches(text, start, 'websocket');
          this.cut(line, next);
        } else if (first === 0x74 && matches(text, line, 'trailer')) this.cut(line, next);
        break;
      case 10:
        if (first === 0x63 && matches(text, line, 'connection')) {
          this.cut(line, next);
          return this.connectionOptions(start, end);
        }
        if (first === 0x6b && matches(text, line, 'keep-alive')) {
          this.keepAliveSeconds = keepAliveTimeout(text.slice(start, end));
          this.cut(line, next);
        }
        break;
      case 14:
        if (first === 0x63 && matches(text, line, 'content-length')) {
          this.#lengths++;
          this.contentLength = parseLength(text, start, end);
          // A 204 or 1xx carries no length, RFC 9110 §8.6.
          if (this.status === 204 || this.status < 200) this.cut(line, next);
          return this.contentLength !== -1;
        }
        break;
      case 16:
        if (first === 0x70 && matches(text, line, 'proxy-connection')) this.cut(line, next);
        break;
      case 17:
        if (first === 0x74 && matches(text, line, 'transfer-encoding')) {
          this.cut(line, next);
          this.#codings++;
          this.chunked = end - start === 7 && matches(text, start, 'chunked');
          return this.chunked;
        }
        break;
      case 18:
        if (first === 0x70 && matches(text, line, 'proxy-authenticate')) this.cut(line, next);
        else if (first === 0x78 && matches(text, line, 'x-cobrowse-session')) {
          this.session = ++this.#sessions === 1 ? text.slice(start, end) : '';
          this.cut(line, next);
        }
        break;
      case 19:
        if (first === 0x78 && matches(text, line, 'x-cobrowse-instance')) {
          this.instance = ++this.#instances === 1 ? text.slice(start, end) : '';
        }
        break;
      case 25:
        if (first === 0x73 && matches(text, line, 'strict-transport-security')) this.strictTransport = true;
        break;
      default:
        break;
    }
    return true;
  }

  /** The first Set-Cookie of this cookie, from the name on; '' when there is none. A search: not for every answer. */
  setCookie(name: string): string {
    const { text } = this;
    for (let line = this.fieldsStart; line < this.fieldsEnd; line = text.indexOf('\n', line) + 1) {
      const start = this.#setCookieAt(line, name);
      if (start !== -1) return text.slice(start, text.indexOf('\r', start));
    }
    return '';
  }

  /** Takes each Set-Cookie of this cookie out of what is forwarded: all from the name on, in order. */
  takeSetCookies(name: string): readonly string[] {
    const { text } = this;
    const taken: string[] = [];
    this.forget();
    this.cutLines((line) => {
      const start = this.#setCookieAt(line, name);
      if (start !== -1) taken.push(text.slice(start, text.indexOf('\r', start)));
      return start !== -1;
    });
    return taken;
  }

  /** Where the cookie begins in a line that sets it; -1 for any other line. */
  #setCookieAt(line: number, name: string): number {
    const { text } = this;
    if (text.charCodeAt(line + SET_COOKIE.length) !== COLON || !matches(text, line, SET_COOKIE)) return -1;
    let start = line + SET_COOKIE.length + 1;
    while (text.charCodeAt(start) === SP || text.charCodeAt(start) === HTAB) start++;
    return text.startsWith(name, start) && text.charCodeAt(start + name.length) === EQUALS ? start : -1;
  }

  /** RFC 9112 §6.3: what ends the body of this answer to a request with that method. */
  framing(method: string): AnswerFraming {
    const { status } = this;
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
    if (this.chunked) return 'chunked';
    if (this.contentLength >= 0) return this.contentLength === 0 ? 'none' : 'length';
    return 'close';
  }

  /**
   * Status line and fields to forward, without the empty line. The version is ours, not the node's (RFC 9110 §2.5).
   */
  get forwarded(): string {
    if (!this.repeated) return this.#keptLines;
    if (this.#repeatedForwarded === '') this.#repeatedForwarded = ownCopy(this.#keptLines);
    return this.#repeatedForwarded;
  }

  get #keptLines(): string {
    return this.http10 ? `HTTP/1.1${this.kept(8)}` : this.kept(0);
  }

  /** The answer can be forwarded as it stands: nothing of its head is cut or rewritten. */
  get untouched(): boolean {
    return !this.hasCuts && !this.http10;
  }
}

function keepAliveTimeout(value: string): number {
  const match = /(?:^|[,;\s])timeout=(\d{1,6})(?:$|[,;\s])/i.exec(value);
  return match === null ? -1 : Number(match[1]);
}
