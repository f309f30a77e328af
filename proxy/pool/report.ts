/**
 * Reads a node's answer to a health poll. The four headers are this project's own and all optional: a Genesys node
 * sends a bare 200, and what a header says is only believed in the form that it should have.
 */
import type { HealthResult } from './health.ts';

/** Values by lower-case name, as undici gives them; repeated headers are arrays and say nothing. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** More than any node can hold, and far below what a number loses exactness at. */
const MOST_SESSIONS = 1_000_000_000;
const LONGEST_INSTANCE = 128;

/**
 * A 2xx answer is a success. So is a 503 of a node that says it is draining: `/health` must turn customers away from
 * it, yet its sessions go on. Everything else is a failure.
 */
export function readHealthAnswer(status: number, headers: AnswerHeaders): HealthResult {
  const draining = text(headers['x-cobrowse-state'])?.toLowerCase() === 'draining';
  const healthy = status >= 200 && status <= 299;
  if (!healthy && !(status === 503 && draining)) return { kind: 'failed', reason: 'status' };
  return {
    kind: 'ok',
    report: {
      instanceId: instanceId(text(headers['x-cobrowse-instance'])),
      draining,
      sessions: count(text(headers['x-cobrowse-live-sessions'])),
      capacity: count(text(headers['x-cobrowse-capacity'])),
    },
  };
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function instanceId(value: string | undefined): string | undefined {
  return value !== undefined && isInstanceId(value) ? value : undefined;
}

/**
 * The form that an instance id should have: letters, digits, `.`, `_`, `:` and `-`, so that nothing of a cookie's or a
 * header's own syntax is in it. Without a regular expression, since traffic asks too.
 */
export function isInstanceId(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    const lower = code | 0x20;
    const isLetter = lower >= 0x61 && lower <= 0x7a;
    // From the dash to the colon, but for the slash.
    if (!isLetter && (code < 0x2d || code > 0x3a || code === 0x2f) && code !== 0x5f) return false;
  }
  return value !== '' && value.length <= LONGEST_INSTANCE;
}

function count(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d{1,10}$/.test(value)) return undefined;
  const number = Number(value);
  return number <= MOST_SESSIONS ? number : undefined;
}
