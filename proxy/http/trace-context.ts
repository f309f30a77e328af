/**
 * W3C Trace Context, levels 1 and 2: what the fields `traceparent` and `tracestate` of a request say. Read strictly and
 * by position: a value of a form that is not known is none.
 */
import { ownCopy } from './own-copy.ts';

export interface TraceContext {
  readonly traceId: string;
  /** Span id of whoever sent the request. */
  readonly parentId: string;
  /** Of the flags that have a meaning: `SAMPLED`, `RANDOM`. */
  readonly flags: number;
  /** As received, '' for none. */
  readonly state: string;
}

/** Whoever sent it may have recorded it. */
export const SAMPLED = 1;
/** Level 2: the trace id is random in its last seven bytes. */
const RANDOM = 2;

/** `00-<32>-<16>-<2>`. */
const LENGTH = 55;
const DASH = 0x2d;
const MOST_MEMBERS = 32;

/**
 * undefined for none, and for one that has to be ignored, and its tracestate with it (§3.2.2.3, §3.3).
 *
 * @param parent value of the field; anything that is no traceparent for several
 * @param state values of all tracestate fields, joined by commas
 */
export function readTraceContext(parent: string, state: string): TraceContext | undefined {
  if (parent.length < LENGTH || !isForm(parent)) return undefined;
  // Versions to come may have more at the end (§3.2.4); ff is none.
  if (parent.startsWith('00')) {
    if (parent.length > LENGTH) return undefined;
  } else if (parent.startsWith('ff') || (parent.length > LENGTH && parent.charCodeAt(LENGTH) !== DASH))
    return undefined;
  if (isZero(parent, 3, 35) || isZero(parent, 36, 52)) return undefined;
  // Spans and the metrics' exemplars outlive the head.
  const own = ownCopy(parent);
  return {
    traceId: own.slice(3, 35),
    parentId: own.slice(36, 52),
    flags: (hexValue(parent.charCodeAt(53)) * 16 + hexValue(parent.charCodeAt(54))) & (SAMPLED | RANDOM),
    state: state !== '' && isTraceState(state) ? ownCopy(state) : '',
  };
}

/** The lines for whoever is asked next: it is called from the span `spanId`. */
export function traceFields(traceId: string, spanId: string, flags: number, state: string): string {
  const parent = `traceparent: 00-${traceId}-${spanId}-0${flags}\r\n`;
  return state === '' ? parent : `${parent}tracestate: ${state}\r\n`;
}

function isForm(text: string): boolean {
  for (let i = 0; i < LENGTH; i++) {
    const code = text.charCodeAt(i);
    if (i === 2 || i === 35 || i === 52) {
      if (code !== DASH) return false;
    } else if (hexValue(code) < 0) return false;
  }
  return true;
}

/** Of a lower-case hexadecimal digit; -1 for anything else. */
function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

function isZero(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (text.charCodeAt(i) !== 0x30) return false;
  return true;
}

/** A list of up to 32 members `key=value`, some of which may be empty (§3.3.1). */
function isTraceState(text: string): boolean {
  let members = 0;
  let start = 0;
  while (start <= text.length) {
    const comma = text.indexOf(',', start);
    const next = comma < 0 ? text.length : comma;
    let from = start;
    let to = next;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    if (from < to && (++members > MOST_MEMBERS || !isMember(text, from, to))) return false;
    start = next + 1;
  }
  return members > 0;
}

const MOST_KEY = 256;
const MOST_VALUE = 256;

function isMember(text: string, start: number, end: number): boolean {
  const equals = text.indexOf('=', start);
  if (equals < 0 || equals >= end) return false;
  return isKey(text, start, equals) && isValue(text, equals + 1, end);
}

/**
 * Lower-case letters, digits, `_`, `-`, `*`, `/` and `@`, with a letter or a digit first: level 2, which takes all that
 * level 1 does.
 */
function isKey(text: string, start: number, end: number): boolean {
  if (start === end || end - start > MOST_KEY) return false;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (isLetter(code) || isDigit(code)) continue;
    if (i === start || (code !== 0x5f && code !== DASH && code !== 0x2a && code !== 0x2f && code !== 0x40))
      return false;
  }
  return true;
}

/** Printable ASCII but for `,` and `=`, without a space at its end, where `isTraceState` has taken it away. */
function isValue(text: string, start: number, end: number): boolean {
  if (start === end || end - start > MOST_VALUE) return false;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === 0x2c || code === 0x3d) return false;
  }
  return true;
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
