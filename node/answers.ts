/**
 * Answers as data, so that the functions can be read and tested apart from sockets, and the one place that sends them.
 */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import { ERRORS, type ErrorCode, errorBody } from './errors.ts';

/** Header names as they go on the wire, each to one value. */
export type AnswerHeaders = Readonly<Record<string, string>>;

export interface Answer {
  /** HTTP status code. */
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Sent as JSON; undefined is an empty body. */
  readonly body?: unknown;
  /** Of a refusal; the body has it as well. */
  readonly code?: ErrorCode;
}

export function refuse(code: ErrorCode, headers: AnswerHeaders = {}): Answer {
  return { status: ERRORS[code].status, headers, body: errorBody(code), code };
}

export function withHeaders(answer: Answer, headers: AnswerHeaders): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

const refusals = new WeakMap<ServerResponse, ErrorCode>();

/** The code that `writeAnswer` sent; undefined when that was no refusal. */
export function refusalOf(response: ServerResponse): ErrorCode | undefined {
  return refusals.get(response);
}

/**
 * Sends the head and the whole body, but does not end the response: the caller does. `node:http` leaves the body out
 * for HEAD.
 */
export function writeAnswer(response: ServerResponse, answer: Answer): void {
  if (answer.code !== undefined) refusals.set(response, answer.code);
  const { head, body } = serialize(answer);
  response.writeHead(answer.status, head);
  if (body !== '') response.write(body);
}

/** The answer as bytes of HTTP/1.1 that end the connection: for errors that `node:http` reports without a response. */
export function rawAnswer(answer: Answer): string {
  const { head, body } = serialize(withHeaders(answer, { Connection: 'close' }));
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${body}`;
}

/** Sessions change from moment to moment, so nothing here may be cached (RFC 9111 §5.2.2.5). */
function serialize(answer: Answer): { readonly head: Record<string, string>; readonly body: string } {
  const head: Record<string, string> = { 'Cache-Control': 'no-store', ...answer.headers };
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
  if (body !== '') head['Content-Type'] = 'application/json';
  // RFC 9110 §8.6: a 204 carries no Content-Length.
  if (answer.status !== 204) head['Content-Length'] = String(Buffer.byteLength(body));
  return { head, body };
}
