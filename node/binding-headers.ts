/**
 * What a balancer is told by the answers that bind a client to this node, beside the cookie: ours, as the headers of
 * `/health` are.
 */

/** The process, new at each start; so that a cookie of an earlier one can be told from a later one's. */
export const INSTANCE_HEADER = 'X-Cobrowse-Instance';
/** The token of the session that the client is bound for, where it has one yet. */
export const SESSION_HEADER = 'X-Cobrowse-Session';
