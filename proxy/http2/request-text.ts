/**
 * The head of an HTTP/2 request as HTTP/1.1 says it, for the same strict reader that all requests pass. Whatever could
 * mean something else there is refused here (RFC 9113 §8.2, §8.3, §10.3): a delimiter in a name, a value or a target,
 * and fields that speak of a connection or of framing.
 */
import { HTAB, is, isHost, parseLength, SLASH, SP, TARGET, TOKEN, VALUE } from '../http/grammar.ts';
import type { RefusalCode } from '../http/refusals.ts';

export interface RequestText {
  /** The head, latin1, with its empty line. */
  readonly text: string;
  readonly method: string;
  /** How the body is framed in HTTP/1.1; `length`: by `contentLength`. */
  readonly framing: 'none' | 'length' | 'chunked' | 'tunnel';
  /** -1 for none. */
  readonly contentLength: number;
  /** All of it is said. */
  readonly ends: boolean;
  /** What the node has to make its `Sec-WebSocket-Accept` of; '' but for a tunnel. */
  readonly websocketKey: string;
}

export interface RequestRefused {
  readonly refusal: RefusalCode;
}

/** Of one connection of HTTP/1.1 (RFC 9113 §8.2.2), which HTTP/2 has not; `te` may say `trailers`. */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const MALFORMED: RequestRefused = { refusal: 'bad_request' };
const NO_HOST: RequestRefused = { refusal: 'bad_host' };
const BAD_LENGTH: RequestRefused = { refusal: 'bad_framing' };
const NOT_SERVED: RequestRefused = { refusal: 'method_not_allowed' };

/**
 * @param list names and values in turn, latin1, pseudo-header fields first
 * @param ends whether the request has no body
 * @param websocketKey for the node, where a WebSocket is asked for: HTTP/2 has none (RFC 8441 §5)
 */
export function requestText(
  list: readonly string[],
  ends: boolean,
  websocketKey: () => string,
): RequestText | RequestRefused {
  let method = '';
  let scheme = '';
  let authority = '';
  let path = '';
  let protocol = '';
  let host = '';
  let cookie = '';
  let fields = '';
  let contentLength = -1;
  let regular = false;
  let pseudo = 0;
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] as string;
    const value = list[i + 1] as string;
    if (!isValue(value)) return MALFORMED;
    if (name.charCodeAt(0) === 0x3a) {
      const bit = PSEUDO.indexOf(name) + 1;
      if (regular || bit === 0 || (pseudo & (1 << bit)) !== 0) return MALFORMED;
      pseudo |= 1 << bit;
      if (name === ':method') method = value;
      else if (name === ':scheme') scheme = value;
      else if (name === ':authority') authority = value;
      else if (name === ':path') path = value;
      else protocol = value;
      continue;
    }
    regular = true;
    if (!isName(name) || OF_CONNECTIONS.has(name)) return MALFORMED;
    switch (name) {
      case 'te':
        if (value !== 'trailers') return MALFORMED;
        break;
      case 'host':
        if (host !== '') return NO_HOST;
        host = value;
        break;
      case 'cookie':
        // Clients cut it into pieces (RFC 9113 §8.2.3).
        cookie = cookie === '' ? value : `${cookie}; ${value}`;
        break;
      case 'content-length':
        if (contentLength >= 0) return BAD_LENGTH;
        contentLength = parseLength(value, 0, value.length);
        if (contentLength < 0) return BAD_LENGTH;
        break;
      case 'sec-websocket-key':
        if (protocol === '') fields += `${name}: ${value}\r\n`;
        break;
      default:
        fields += `${name}: ${value}\r\n`;
    }
  }
  if (!all(method, TOKEN) || (protocol !== '' && method !== 'CONNECT')) return MALFORMED;
  if (method === 'CONNECT' && protocol !== 'websocket') return NOT_SERVED;
  if (scheme !== 'https' && scheme !== 'http') return MALFORMED;
  if (!all(path, TARGET) || (path.charCodeAt(0) !== SLASH && (path !== '*' || method !== 'OPTIONS'))) return MALFORMED;
  if (authority === '') authority = host;
  if (!isHost(authority) || (host !== '' && host.toLowerCase() !== authority.toLowerCase())) return NO_HOST;
  if (ends && contentLength > 0) return BAD_LENGTH;

  if (cookie !== '') fields += `cookie: ${cookie}\r\n`;
  const line = (verb: string) => `${verb} ${path} HTTP/1.1\r\nHost: ${authority}\r\n${fields}`;
  if (method === 'CONNECT') {
    if (ends || contentLength >= 0) return BAD_LENGTH;
    const key = websocketKey();
    const upgrade = 'Connection: Upgrade, close\r\nUpgrade: websocket\r\n';
    const text = `${line('GET')}Sec-WebSocket-Key: ${key}\r\n${upgrade}\r\n`;
    return { text, method: 'GET', framing: 'tunnel', contentLength, ends, websocketKey: key };
  }
  const head = line(method);
  if (contentLength >= 0) {
    const text = `${head}Content-Length: ${contentLength}\r\nConnection: close\r\n\r\n`;
    return { text, method, framing: contentLength === 0 ? 'none' : 'length', contentLength, ends, websocketKey: '' };
  }
  if (ends)
    return { text: `${head}Connection: close\r\n\r\n`, method, framing: 'none', contentLength, ends, websocketKey: '' };
  const text = `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
  return { text, method, framing: 'chunked', contentLength, ends, websocketKey: '' };
}

const PSEUDO = [':method', ':scheme', ':authority', ':path', ':protocol'];

/**
 * Trailer fields as lines, each with CRLF, for the reader of HTTP/1.1's; undefined when they could be read as more or
 * less than they are.
 */
export function trailerText(list: readonly string[]): string | undefined {
  let lines = '';
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] as string;
    const value = list[i + 1] as string;
    if (!isName(name) || !isValue(value)) return undefined;
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

/** A field name without capitals (RFC 9113 §8.2.1). */
function isName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (!is(code, TOKEN) || (code >= 0x41 && code <= 0x5a)) return false;
  }
  return name !== '';
}

/** A field value with nothing blank at its ends (RFC 9113 §8.2.1). */
function isValue(value: string): boolean {
  if (value === '') return true;
  return all(value, VALUE) && !isBlank(value.charCodeAt(0)) && !isBlank(value.charCodeAt(value.length - 1));
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** One character at least, and none but of this class. */
function all(text: string, mask: number): boolean {
  for (let i = 0; i < text.length; i++) if (!is(text.charCodeAt(i), mask)) return false;
  return text !== '';
}
