/** What the soak's nodes and its load agree upon. */
import { BASE } from '../backend-facts.ts';

export const PATHS = {
  /** Below it anything: the answer holds the target, so that it is known whose answer it is. */
  page: `${BASE}/page`,
  /** As a page, after a while. */
  slow: `${BASE}/slow`,
  /** Bytes without end, or nearly: for downloads that are broken off. */
  large: `${BASE}/large`,
  upload: `${BASE}/upload`,
  sessions: `${BASE}/rest/live/sessions`,
  users: `${BASE}/rest/live/users`,
  poll: `${BASE}/cometd/connect`,
  socket: `${BASE}/cometd/socket`,
  health: `${BASE}/health`,
} as const;

export const LARGE_BYTES = 4 * 1024 * 1024;

/** What a bound request is bound to: it tells its node in a header, so that the node can check that it is its own. */
export const SESSION_HEADER = 'x-soak-session';
export const ID_HEADER = 'x-soak-id';

export type Session = {
  readonly node: string;
  /** Of the node: another one after each restart. */
  readonly instance: string;
  readonly token: string;
  readonly userToken: string;
};

export const formatSession = ({ node, instance, token }: Session): string => `${node}/${instance}/${token}`;

/**
 * Whose a bound request is that has come to a node: `own`, the node's; `earlier`, of an instance of it that is gone;
 * `foreign`, another node's; `unknown`, nobody's, although it names this instance.
 */
export type Whose = 'own' | 'earlier' | 'foreign' | 'unknown';

/** `knows`: whether a token is of a session that this instance has, or had until it was stopped. */
export function whoseIs(
  text: string,
  self: Pick<Session, 'node' | 'instance'>,
  knows: (token: string) => boolean,
): Whose {
  const [node, instance, token = ''] = text.split('/');
  if (node !== self.node) return 'foreign';
  if (instance !== self.instance) return 'earlier';
  return knows(token) ? 'own' : 'unknown';
}

/** A bound request that was not a node's own, or how many were since the last such line. One line of JSON each. */
export type NodeRecord =
  | { readonly checked: number }
  | { readonly id: string; readonly at: number; readonly session: string; readonly whose: Exclude<Whose, 'own'> };
