/**
 * What answers tell browsers and balancers of this node and its sessions. The cookie is documented; the headers are
 * ours, on answers that bind a client or find a session, and the instance on those of `/health` as well.
 */

/** The process, new at each start; so that a cookie of an earlier one can be told from a later one's. */
export const INSTANCE_HEADER = 'X-Cobrowse-Instance';
/** The token of the session that the client is bound for, where it has one yet. */
export const SESSION_HEADER = 'X-Cobrowse-Session';

/** Binds a browser to the node that created its session, by the node's name. */
const STICKINESS_COOKIE = 'gcbSessionServer';

/** The cookie's attributes are not documented. */
export function stickinessCookie(serverName: string): string {
  return `${STICKINESS_COOKIE}=${serverName}; Path=/`;
}

/** Of a client to this node. */
export interface Binding {
  /** The stickiness cookie, as a Set-Cookie value. */
  readonly cookie: string;
  /** Said along with it. */
  readonly instanceId: string;
}
