/**
 * The one table of what the node refuses. Every refusal is JSON, `{"error":{"code","message"}}`: clients branch on
 * `code`, which is stable; `message` is for people and may change. Genesys documents no error answers: these are ours.
 */

export interface ErrorEntry {
  /** HTTP status code. */
  readonly status: number;
  readonly message: string;
}

export const ERRORS = {
  bad_request: { status: 400, message: 'The request is not valid HTTP.' },
  malformed_token: {
    status: 400,
    message: 'The token in the path is malformed: a session token is nine digits, a user token is as join returned it.',
  },
  malformed_history_id: { status: 400, message: 'The history id in the path is malformed: it is a UUID.' },
  not_controller: { status: 403, message: "Only the controller's user token can stop a session." },
  origin_not_allowed: {
    status: 403,
    message: 'The request needs an Origin or Referer header whose origin is in the list of allowed origins.',
  },
  not_found: { status: 404, message: 'There is no such resource.' },
  session_not_found: { status: 404, message: 'There is no live session with this token.' },
  user_not_found: { status: 404, message: 'There is no participant with this user token.' },
  history_not_found: { status: 404, message: 'There is no history with this id, or no longer.' },
  method_not_allowed: { status: 405, message: 'The resource does not support this method; see the Allow header.' },
  request_timeout: { status: 408, message: 'The request did not arrive in time.' },
  body_too_large: { status: 413, message: 'The request body exceeds 64 KiB.' },
  expectation_failed: { status: 417, message: 'The only expectation supported is 100-continue.' },
  too_many_attempts: {
    status: 429,
    message: 'Too many requests from this address named something that does not exist; see the Retry-After header.',
  },
  head_too_large: { status: 431, message: 'The request head exceeds the limit on its size.' },
  internal_error: { status: 500, message: 'The node failed to answer the request.' },
  draining: { status: 503, message: 'The node is about to stop and takes no new sessions. Try another one.' },
  too_many_sessions: { status: 503, message: 'The node has as many live sessions as it may. Try another one.' },
  store_unavailable: { status: 503, message: 'The session store cannot be reached at present. Try again.' },
  no_session_token: { status: 503, message: 'No free session token was found. Try again.' },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string };
}

export function errorBody(code: ErrorCode): ErrorBody {
  return { error: { code, message: ERRORS[code].message } };
}
