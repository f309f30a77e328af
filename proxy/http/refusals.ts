/**
 * The one table of what the proxy answers by itself. Every refusal is `{"error":{"code","message","requestId"}}`.
 * A client's mistake is never a 5xx, so what RFC 9110 would call 501 or 505 is a 400 here: alerts on 5xx stay about
 * nodes.
 */
import { isOrigin } from './origin.ts';

export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

export const REFUSALS = {
  bad_request: { status: 400, reason: 'Bad Request', message: 'The request is malformed or ambiguous.' },
  bad_target: { status: 400, reason: 'Bad Request', message: 'The path can be read in more than one way.' },
  bad_host: { status: 400, reason: 'Bad Request', message: 'The request needs exactly one valid Host header.' },
  bad_framing: { status: 400, reason: 'Bad Request', message: 'The length of the request body is ambiguous.' },
  not_exposed: { status: 404, reason: 'Not Found', message: 'This is not served here.' },
  method_not_allowed: { status: 405, reason: 'Method Not Allowed', message: 'CONNECT and TRACE are not served here.' },
  transfer_coding_not_supported: {
    status: 400,
    reason: 'Bad Request',
    message: 'The only transfer coding supported is chunked.',
  },
  request_timeout: { status: 408, reason: 'Request Timeout', message: 'The request did not arrive in time.' },
  body_too_large: { status: 413, reason: 'Content Too Large', message: 'The request body exceeds the limit.' },
  target_too_long: { status: 414, reason: 'URI Too Long', message: 'The request target exceeds the limit.' },
  expectation_failed: {
    status: 417,
    reason: 'Expectation Failed',
    message: 'The only expectation supported is 100-continue.',
  },
  too_many_requests: {
    status: 429,
    reason: 'Too Many Requests',
    message: 'This client sends more requests than it may. Try again later.',
  },
  head_too_large: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    message: 'The request head exceeds the limit on its size or number of fields.',
  },
  version_not_supported: {
    status: 400,
    reason: 'Bad Request',
    message: 'The protocol versions supported are HTTP/1.0 and HTTP/1.1.',
  },
  node_failed: {
    status: 502,
    reason: 'Bad Gateway',
    message: 'The node could not be reached or broke off before it answered.',
  },
  node_answer_invalid: {
    status: 502,
    reason: 'Bad Gateway',
    message: 'The answer of the node is malformed or ambiguous.',
  },
  no_node_available: {
    status: 503,
    reason: 'Service Unavailable',
    message: 'No node can take the request at the moment.',
  },
  node_unreachable: {
    status: 503,
    reason: 'Service Unavailable',
    message: 'The node that hosts this session does not answer at the moment. Try again shortly.',
  },
  node_busy: {
    status: 503,
    reason: 'Service Unavailable',
    message: 'The node has as many connections as it may have. Try again shortly.',
  },
  session_lost: {
    status: 503,
    reason: 'Service Unavailable',
    message: 'The node that hosted this session is lost, and the session with it. Start a new session.',
  },
  node_timeout: { status: 504, reason: 'Gateway Timeout', message: 'The node did not answer in time.' },
} as const satisfies Readonly<Record<string, Refusal>>;

export type RefusalCode = keyof typeof REFUSALS;

/**
 * Nobody knows how the cookie was set. Over plain HTTP a browser takes no `Secure`, in a page of another site nothing
 * but `SameSite=None`, and what is `Partitioned` is another cookie (RFC 6265bis §5.7, CHIPS).
 */
const EXPIRED_AS = ['', '; Secure; SameSite=None', '; Secure; SameSite=None; Partitioned'];

const ALLOW = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

export interface ExpiredCookie {
  readonly name: string;
  /** `Path=/`, or with a Domain: another place is another cookie. */
  readonly place: string;
}

/** What a refusal may say beyond the table. */
export interface RefusalOptions {
  readonly requestId: string;
  /** Close the client's connection after it. */
  readonly close: boolean;
  /** The request was a HEAD: no body. */
  readonly headOnly: boolean;
  /** Seconds after which to try again; -1 to leave Retry-After out. */
  readonly retryAfter: number;
  /** Cookies to expire, so that the client can start over on another node. */
  readonly expireCookies: readonly ExpiredCookie[];
  /** The request's Origin header, '' for none: a page of another site may read why it is refused. */
  readonly origin: string;
}

/** A refusal says nothing that is secret, so any page that sent the request may read it, with cookies or without. */
function corsFields(origin: string): string {
  return (
    `Access-Control-Allow-Origin: ${origin}\r\nAccess-Control-Allow-Credentials: true\r\n` +
    'Access-Control-Expose-Headers: Retry-After\r\nVary: Origin\r\n'
  );
}

/** A whole answer, head and JSON body, in latin1. */
export function refusalAnswer(code: RefusalCode, options: RefusalOptions): string {
  const { status, reason, message } = REFUSALS[code];
  const body = JSON.stringify({ error: { code, message, requestId: options.requestId } });
  let head =
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
    `Cache-Control: no-store\r\nDate: ${new Date().toUTCString()}\r\n`;
  if (code === 'method_not_allowed') head += `Allow: ${ALLOW}\r\n`;
  if (options.retryAfter >= 0) head += `Retry-After: ${options.retryAfter}\r\n`;
  for (const { name, place } of options.expireCookies) {
    for (const attributes of EXPIRED_AS) {
      head += `Set-Cookie: ${name}=; ${place}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${attributes}\r\n`;
    }
  }
  if (isOrigin(options.origin)) head += corsFields(options.origin);
  if (options.close) head += 'Connection: close\r\n';
  return `${head}\r\n${options.headOnly ? '' : body}`;
}
