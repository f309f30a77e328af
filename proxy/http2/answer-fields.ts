/** The head of an answer, which HTTP/1.1 says as text, as the fields of HTTP/2. */
import { HTAB, SP } from '../http/grammar.ts';

export type Fields = Record<string, string | string[]>;

/** Of HTTP/1.1 alone, and left in by the reader of answers; `node:http2` throws at it. */
const NOT_SENT = 'http2-settings';

/**
 * @param text the status line, then field lines without those of the connection, each with CRLF
 * @param status in place of the status line's
 */
export function answerFields(text: string, status: number): Fields {
  const fields: Fields = Object.create(null);
  fields[':status'] = String(status);
  readLines(text, text.indexOf('\r\n') + 2, fields);
  return fields;
}

/** @param text field lines, each with CRLF */
export function trailerFields(text: string): Fields {
  const fields: Fields = Object.create(null);
  readLines(text, 0, fields);
  return fields;
}

function readLines(text: string, start: number, fields: Fields): void {
  let line = start;
  while (line < text.length) {
    const end = text.indexOf('\r\n', line);
    const colon = text.indexOf(':', line);
    if (end === -1 || colon === -1 || colon > end) return;
    const name = text.slice(line, colon).toLowerCase();
    if (name !== NOT_SENT) add(fields, name, withoutBlanks(text, colon + 1, end));
    line = end + 2;
  }
}

/** Not `trim`, which takes a byte of 0xa0 for blank. */
function withoutBlanks(text: string, start: number, end: number): string {
  let first = start;
  let last = end;
  while (first < last && isBlank(text.charCodeAt(first))) first++;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last--;
  return text.slice(first, last);
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Several lines of one name are one list (RFC 9110 §5.3), but for cookies. */
function add(fields: Fields, name: string, value: string): void {
  const before = fields[name];
  if (before === undefined) fields[name] = name === 'set-cookie' ? [value] : value;
  else if (typeof before === 'string') fields[name] = `${before}, ${value}`;
  else before.push(value);
}
