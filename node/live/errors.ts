/**
 * The two tables of what the live channel refuses. A Bayeux error is `code::text` in `error` of a reply (Bayeux 1.0
 * §3.5.1); what a service channel refuses is `data.error`, with a stable `code` to branch on. Genesys documents
 * neither.
 */

export const BAYEUX_ERRORS = {
  malformed: '400::Malformed message',
  handshake_not_alone: '400::A handshake must be the only message',
  unknown_client: '402::Unknown client',
  denied: '403::No such channel for this client',
  binary: '415::Binary frames are not supported',
  superseded: '409::Another connect of the same client has taken its place',
  message_too_large: '413::Message too large',
  batch_too_long: '413::Too many messages in one batch',
  queue_full: '413::Too much undelivered',
  too_many_messages: '429::Too many messages',
  too_many_handshakes: '429::Too many handshakes',
  internal: '500::Internal error',
  full: '503::Too many clients',
  stopping: '503::The node is stopping',
} as const;

export type BayeuxErrorCode = keyof typeof BAYEUX_ERRORS;

export const SERVICE_ERRORS = {
  invalid_data: 'The data is not what the channel expects.',
  session_not_found: 'There is no live session with this token.',
  session_elsewhere: 'The session lives on another node.',
  session_ended: 'The session has ended.',
  role_taken: 'The session has a customer already.',
  session_full: 'The session has as many participants as it may have.',
  invalid_url: 'The page needs an http or https URL of moderate length.',
  history_full: 'The history of the session takes no more pages.',
  already_joined: 'The client has joined a session already.',
  not_joined: 'The client has not joined a session.',
  not_controller: 'Only the controller can stop a session.',
  not_customer: 'Only the customer can tell of its pages.',
  too_many_attempts: 'Too many joins failed from this address. Try again later.',
  no_session_token: 'No free session token was found. Try again.',
  draining: 'The node is about to stop and takes no new sessions. Try another one.',
  too_many_sessions: 'The node has as many live sessions as it may have.',
  store_unavailable: 'The store of sessions cannot be reached. Try again.',
  internal_error: 'The node failed to answer.',
} as const;

export type ServiceErrorCode = keyof typeof SERVICE_ERRORS;

/** `data` of a refusal on a service channel. */
export interface ServiceRefusal {
  readonly error: { readonly code: ServiceErrorCode; readonly message: string };
}

export function refuseService(code: ServiceErrorCode): ServiceRefusal {
  return { error: { code, message: SERVICE_ERRORS[code] } };
}
