/**
 * The head of a request: request line and fields, read strictly (RFC 9112 §3–§6), and what of it is forwarded. One
 * object per client connection, overwritten by each request: nothing may keep it beyond its exchange.
 */
import { METHODS } from 'node:http';
import { FieldSection, INCOMPLETE, MALFORMED, TOO_MANY_FIELDS } from './fields.ts';
import { CR, is, isHost, LF, matches, parseLength, SLASH, SP, TARGET, TOKEN } from './grammar.ts';
import { ownCopy } from './own-copy.ts';
import type { RefusalCode } from './refusals.ts';

export interface HeadLimits {
  /** Bytes of the whole head. */
  readonly head: number;
  /** Field lines. */
  readonly headers: number;
  /** Bytes of the request target. */
  readonly target: number;
}

/** CONNECT would make this a forward proxy; TRACE echoes cookies back to scripts. */
const METHODS_SERVED: ReadonlySet<string> = new Set(METHODS.filter((m) => m !== 'CONNECT' && m !== 'TRACE'));

export class RequestHead extends FieldSection {
  refusal: RefusalCode = 'bad_request';
  method = '';
  /** Origin-form (an absolute-form target is reduced to it), or `*` of OPTIONS. */
  target = '';
  /** Host without its letter case; '' for an HTTP/1.0 request that has none. */
  authority = '';
  /** As received. */
  host = '';
  /** Values of all Cookie fields, joined by `; `; '' for none. */
  cookie = '';
  /** As received; '' for none, a space for several, which is no origin. */
  origin = '';
  http10 = false;
  /** Body length; -1 when there is no Content-Length. */
  contentLength = -1;
  chunked = false;
  expectsContinue = false;
  /** Asks for a WebSocket: the one upgrade that is carried. */
  websocket = false;

  // What proxies before this one said; '' for nothing. Always cut, and added again by rule (forward-request.ts).
  forwardedFor = '';
  forwardedProto = '';
  forwardedHost = '';
  forwarded = '';
  via = '';
  requestId = '';

  // Of W3C Trace Context, where the head is `traced`: '' for none, and a traceparent of a space for several.
  traceparent = '';
  /** Values of all fields, joined by commas. */
  tracestate = '';

  /** What nodes are told in place of fields that are repeated, kept by forward-request.ts; '' for nothing yet. */
  repeatedForNode = '';

  readonly #limits: HeadLimits;
  readonly #requestIdName: string;
  /** Keep what a trusted proxy says of the client in further X-Forwarded-* fields. */
  readonly #trusted: boolean;
  #traced = false;
  #hosts = 0;
  #lengths = 0;
  #codings = 0;
  #upgradeIsWebsocket = false;
  #upgrades = 0;
  /** The request line that `method` and `target` are of, if another head may begin with it; else ''. */
  #knownLine = '';
  #knownHost: string | undefined;
  #knownAuthority = '';

  constructor(limits: HeadLimits, requestIdHeader: string, trusted: boolean) {
    super();
    this.#limits = limits;
    this.#requestIdName = requestIdHeader.toLowerCase();
    this.#trusted = trusted;
  }

  /** True when the connection may carry another request after this one (RFC 9112 §9.3). */
  get keepAlive(): boolean {
    return this.http10 ? this.optionKeepAlive && !this.optionClose : !this.optionClose;
  }

  get hasBody(): boolean {
    return this.chunked || this.contentLength > 0;
  }

  /** The field lines to forward. */
  get fields(): string {
    return this.keptFields();
  }

  /**
   * Reads a head from the beginning of `text`. Its length in bytes; 0 when more bytes are needed; -1 when it is
   * refused, with the reason in `refusal`. `traced`: the trace context is taken out, for another to be sent in its
   * place; else it is forwarded like any other field.
   */
  parse(text: string, traced = false): number {
    this.refusal = 'bad_request';
    this.http10 = false;
    const fields = this.#firstLine(text);
    const isLikeLast = fields > 0 && !this.http10 && traced === this.#traced;
    let end = isLikeLast ? this.repeats(text, fields) : 0;
    if (end === 0) {
      this.#reset();
      this.#traced = traced;
      if (fields <= 0) return fields === INCOMPLETE ? this.#incomplete(text, true) : fields;
      end = this.readFields(text, fields, this.#limits.headers);
      if (end === INCOMPLETE) return this.#incomplete(text, false);
      if (end === MALFORMED) return -1;
    }
    if (end === TOO_MANY_FIELDS || end > this.#limits.head) return this.#refuse('head_too_large');
    if (!this.#settle()) return -1;
    if (!this.repeated && !this.http10) this.remember(text, fields, end);
    return end;
  }

  /**
   * Of a request that is sent and will not be sent again: keeps what its answer may depend on (the cookies, the origin,
   * the method, how the connection goes on), in memory of its own, and nothing that is forwarded.
   */
  shed(): void {
    this.forget();
    this.text = '';
    this.target = '';
    this.#knownLine = '';
    this.#dropForwarded();
    this.cookie = ownCopy(this.cookie);
    this.origin = ownCopy(this.origin);
  }

  /** What a node is told of host, client and way. */
  #dropForwarded(): void {
    this.authority = '';
    this.host = '';
    this.forwardedFor = '';
    this.forwardedProto = '';
    this.forwardedHost = '';
    this.forwarded = '';
    this.via = '';
    this.requestId = '';
    this.traceparent = '';
    this.tracestate = '';
    this.repeatedForNode = '';
  }

  #reset(): void {
    this.resetFields();
    this.#dropForwarded();
    this.cookie = '';
    this.origin = '';
    this.contentLength = -1;
    this.chunked = false;
    this.expectsContinue = false;
    this.websocket = false;
    this.#hosts = 0;
    this.#lengths = 0;
    this.#codings = 0;
    this.#upgrades = 0;
    this.#upgradeIsWebsocket = false;
  }

  #refuse(code: RefusalCode): -1 {
    this.refusal = code;
    return -1;
  }

  #deny(code: RefusalCode): false {
    this.refusal = code;
    return false;
  }

  #incomplete(text: string, inRequestLine: boolean): number {
    if (text.length <= this.#limits.head) return INCOMPLETE;
    return this.#refuse(inRequestLine ? 'target_too_long' : 'head_too_large');
  }

  /** The request line; the position after it. One empty line before it is tolerated (RFC 9112 §2.2). */
  #firstLine(text: string): number {
    if (this.#knownLine !== '' && text.startsWith(this.#knownLine)) return this.#knownLine.length;
    if (text.charCodeAt(0) !== CR) return this.#requestLine(text, 0);
    if (text.length < 2) return INCOMPLETE;
    return text.charCodeAt(1) === LF ? this.#requestLine(text, 2) : -1;
  }

  /** `method SP target SP version CRLF`, single spaces only; the position after it. */
  #requestLine(text: string, start: number): number {
    const length = text.length;
    let position = start;
    let code = text.charCodeAt(position);
    while (is(code, TOKEN)) code = text.charCodeAt(++position);
    if (position >= length) return position - start > 32 ? this.#refuse('bad_request') : INCOMPLETE;
    if (code !== SP) return this.#refuse('bad_request');
    const method = methodAt(text, start, position);
    if (!METHODS_SERVED.has(method)) {
      return this.#refuse(METHODS.includes(method) ? 'method_not_allowed' : 'bad_request');
    }
    const targetStart = position + 1;
    do code = text.charCodeAt(++position);
    while (is(code, TARGET));
    if (position - targetStart > this.#limits.target) return this.#refuse('target_too_long');
    if (position >= length) return INCOMPLETE;
    if (code !== SP || position === targetStart) return this.#refuse('bad_request');
    const target = text.slice(targetStart, position);
    const version = position + 1;
    if (length < version + 10) {
      return text.slice(version) === 'HTTP/1.1\r\n'.slice(0, length - version) ||
        text.slice(version) === 'HTTP/1.0\r\n'.slice(0, length - version)
        ? INCOMPLETE
        : this.#refuse('bad_request');
    }
    if (!text.startsWith('HTTP/', version)) return this.#refuse('bad_request');
    if (text.charCodeAt(version + 8) !== CR || text.charCodeAt(version + 9) !== LF) return this.#refuse('bad_request');
    if (text.startsWith('1.0', version + 5)) this.http10 = true;
    else if (!text.startsWith('1.1', version + 5)) return this.#refuse('version_not_supported');
    this.method = method;
    this.target = target;
    const staysAsItIs = !this.http10 && target.charCodeAt(0) === SLASH;
    this.#knownLine = staysAsItIs ? text.slice(0, version + 10) : '';
    return version + 10;
  }

  protected field(line: number, nameEnd: number, start: number, end: number, next: number): boolean {
    const { text } = this;
    const length = nameEnd - line;
    // Lower-case letter of the name; a cheap test before each comparison.
    const first = text.charCodeAt(line) | 0x20;
    switch (length) {
      case 2:
        if (first === 0x74 && matches(text, line, 'te')) this.cut(line, next);
        break;
      case 3:
        if (first === 0x76 && matches(text, line, 'via')) {
          this.via = join(this.via, text.slice(start, end));
          this.cut(line, next);
        }
        break;
      case 4:
        if (first === 0x68 && matches(text, line, 'host')) {
          this.#hosts++;
          this.host = text.slice(start, end);
        }
        break;
      case 6:
        if (first === 0x63 && matches(text, line, 'cookie')) {
          const value = text.slice(start, end);
          this.cookie = this.cookie === '' ? value : `${this.cookie}; ${value}`;
        } else if (first === 0x65 && matches(text, line, 'expect')) return this.#expect(line, start, end, next);
        else if (first === 0x6f && matches(text, line, 'origin')) {
          this.origin = this.origin === '' ? text.slice(start, end) : ' ';
        }
        break;
      case 7:
        if (first === 0x75 && matches(text, line, 'upgrade')) {
          this.#upgrades++;
          this.#upgradeIsWebsocket = end - start === 9 && matches(text, start, 'websocket');
          this.cut(line, next);
        } else if (first === 0x74 && matches(text, line, 'trailer')) this.cut(line, next);
        break;
      case 9:
        if (first === 0x66 && matches(text, line, 'forwarded')) {
          this.forwarded = join(this.forwarded, text.slice(start, end));
          this.cut(line, next);
        } else if (first === 0x78 && !this.#trusted && aliases(text, line, 'x-real-ip')) this.cut(line, next);
        break;
      case 10:
        if (first === 0x63 && matches(text, line, 'connection')) {
          this.cut(line, next);
          return this.connectionOptions(start, end);
        }
        if (first === 0x6b && matches(text, line, 'keep-alive')) this.cut(line, next);
        else if (first === 0x74 && this.#traced && matches(text, line, 'tracestate')) {
          const value = text.slice(start, end);
          this.tracestate = this.tracestate === '' ? value : `${this.tracestate},${value}`;
          this.cut(line, next);
        }
        break;
      case 11:
        if (first === 0x74 && this.#traced && matches(text, line, 'traceparent')) {
          this.traceparent = this.traceparent === '' ? text.slice(start, end) : ' ';
          this.cut(line, next);
        }
        break;
      case 13:
        if (first === 0x78 && !this.#trusted && aliases(text, line, 'x-rewrite-url')) this.cut(line, next);
        break;
      case 14:
        if (first === 0x63 && matches(text, line, 'content-length')) {
          this.cut(line, next);
          this.#lengths++;
          this.contentLength = parseLength(text, start, end);
          if (this.contentLength === -1) return this.#deny('bad_framing');
        } else if (first === 0x68 && matches(text, line, 'http2-settings')) this.cut(line, next);
        else if (first === 0x63 && aliases(text, line, 'content-length')) this.cut(line, next);
        // Some servers take it for the target, which is not the one that was decided on (CVE-2018-14773).
        else if (first === 0x78 && !this.#trusted && aliases(text, line, 'x-original-url')) this.cut(line, next);
        break;
      case 16:
        if (first === 0x70 && matches(text, line, 'proxy-connection')) this.cut(line, next);
        break;
      case 17:
        if (first === 0x74 && matches(text, line, 'transfer-encoding')) {
          this.cut(line, next);
          this.#codings++;
          this.chunked = end - start === 7 && matches(text, start, 'chunked');
          if (!this.chunked) return this.#deny('transfer_coding_not_supported');
        } else if (first === 0x74 && aliases(text, line, 'transfer-encoding')) this.cut(line, next);
        break;
      case 18:
        if (first === 0x70 && matches(text, line, 'proxy-authenticate')) this.cut(line, next);
        break;
      case 19:
        if (first === 0x70 && matches(text, line, 'proxy-authorization')) this.cut(line, next);
        break;
      default:
        break;
    }
    if (first === 0x78 && length > 12 && aliases(text, line, 'x-forwarded-')) {
      this.#forwardedField(line, nameEnd, start, end, next);
    }
    if (length === this.#requestIdName.length && aliases(text, line, this.#requestIdName)) {
      this.requestId = this.requestId === '' ? text.slice(start, end) : ' ';
      this.cut(line, next);
    }
    return true;
  }

  #forwardedField(line: number, nameEnd: number, start: number, end: number, next: number): void {
    const { text } = this;
    const length = nameEnd - line;
    if (length === 15 && matches(text, line, 'x-forwarded-for')) {
      this.forwardedFor = join(this.forwardedFor, text.slice(start, end));
    } else if (length === 17 && matches(text, line, 'x-forwarded-proto')) {
      this.forwardedProto = text.slice(start, end);
    } else if (length === 16 && matches(text, line, 'x-forwarded-host')) {
      this.forwardedHost = text.slice(start, end);
    } else if (this.#trusted && matches(text, line, 'x-forwarded-')) {
      return;
    }
    this.cut(line, next);
  }

  #expect(line: number, start: number, end: number, next: number): boolean {
    // An HTTP/1.0 expectation is ignored, RFC 9110 §10.1.1.
    this.cut(line, next);
    if (this.http10) return true;
    if (end - start !== 12 || !matches(this.text, start, '100-continue')) return this.#deny('expectation_failed');
    this.expectsContinue = true;
    return true;
  }

  /** What can only be judged when all fields are known. */
  #settle(): boolean {
    if (this.#lengths + this.#codings > 1 || (this.http10 && this.#codings > 0)) return this.#deny('bad_framing');
    if (this.#hosts > 1 || (this.#hosts === 0 && !this.http10)) return this.#deny('bad_host');
    if (this.#hosts === 1 && !this.repeated && !this.#knowsHost()) return this.#deny('bad_host');
    if (!this.#reduceTarget()) return false;
    if (!this.hasBody) this.expectsContinue = false;
    this.websocket =
      this.optionUpgrade &&
      this.#upgradeIsWebsocket &&
      this.#upgrades === 1 &&
      !this.http10 &&
      this.method === 'GET' &&
      this.contentLength <= 0 &&
      !this.chunked;
    return true;
  }

  /** A client's connection asks for one host mostly: it is checked and put into lower case once. */
  #knowsHost(): boolean {
    if (this.host !== this.#knownHost) {
      if (!isHost(this.host)) return false;
      const host = ownCopy(this.host);
      this.#knownHost = host;
      this.#knownAuthority = host.toLowerCase();
    }
    this.authority = this.#knownAuthority;
    return true;
  }

  /** Checks the form of the target and reduces absolute-form to origin-form (RFC 9112 §3.2). */
  #reduceTarget(): boolean {
    const { target } = this;
    if (target.charCodeAt(0) === SLASH) return true;
    if (target === '*') return this.method === 'OPTIONS' || this.#deny('bad_request');
    const scheme = matches(target, 0, 'http://') ? 7 : matches(target, 0, 'https://') ? 8 : 0;
    if (scheme === 0) return this.#deny('bad_request');
    let end = scheme;
    while (end < target.length && target.charCodeAt(end) !== SLASH && target.charCodeAt(end) !== 0x3f) end++;
    const authority = target.slice(scheme, end).toLowerCase();
    // RFC 9112 §3.2.2 lets the target win; a Host that disagrees is refused, since a node might side with the Host.
    if (!isHost(authority) || (this.#hosts === 1 && authority !== this.authority)) return this.#deny('bad_host');
    const rest = target.slice(end);
    if (rest === '' && this.method === 'OPTIONS') this.target = '*';
    else this.target = rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
    if (this.#hosts === 0) {
      this.host = authority;
      this.authority = authority;
    }
    return true;
  }

  /** True when the Host line among the fields has to be supplied: HTTP/1.0 clients may send none. */
  get needsHost(): boolean {
    return this.#hosts === 0;
  }
}

/** For the two that matter without a string of its own, whose hash each request would compute again. */
function methodAt(text: string, start: number, end: number): string {
  if (end - start === 3 && text.startsWith('GET', start)) return 'GET';
  if (end - start === 4 && text.startsWith('POST', start)) return 'POST';
  return text.slice(start, end);
}

function join(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`;
}

/** As `matches`, for any name, and with `_` for `-` as well: CGI-style servers read both as one name. */
function aliases(text: string, start: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    const code = text.charCodeAt(start + i);
    const expected = lower.charCodeAt(i);
    if (code !== expected && (code | 0x20) !== expected && !(code === 0x5f && expected === 0x2d)) return false;
  }
  return true;
}
