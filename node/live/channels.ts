/** Channel names: their grammar (Bayeux 1.0 §2.1.1) and the ones that mean something here. */

export const HANDSHAKE = '/meta/handshake';
export const CONNECT = '/meta/connect';
export const DISCONNECT = '/meta/disconnect';

export const CREATE = '/service/session/create';
export const JOIN = '/service/session/join';
export const EXIT = '/service/session/exit';
export const STOP = '/service/session/stop';
/** Ours: the customer tells which page it is on, for the history. */
export const PAGE = '/service/session/page';

export const SERVICES: ReadonlySet<string> = new Set([CREATE, JOIN, EXIT, STOP, PAGE]);

const MAX_LENGTH = 256;
const NAME = /^(?:\/[A-Za-z0-9!$'()*+,\-.@_{}~]+)+$/;
const SESSION_CHANNEL = /^\/session\/(\d{9})\/(.+)$/;
/** What follows the token in channels on which the node alone speaks. */
const ANNOUNCEMENTS: ReadonlySet<string> = new Set(['ended', 'users']);

/** Without wildcards: one may publish to it. */
export function isChannel(name: string): boolean {
  return isChannelOrPattern(name) && !name.includes('*');
}

/** A name, or one whose last segment is `*` or `**`: one may subscribe to it. */
export function isChannelOrPattern(name: string): boolean {
  return name.length <= MAX_LENGTH && NAME.test(name) && !name.replace(/\/\*\*?$/, '').includes('*');
}

/** The token of `/session/{token}/…`; undefined for all other channels. */
export function sessionTokenOf(channel: string): string | undefined {
  return SESSION_CHANNEL.exec(channel)?.[1];
}

/** Whether only the node may publish to this channel of a session. */
export function isAnnouncement(channel: string): boolean {
  return ANNOUNCEMENTS.has(SESSION_CHANNEL.exec(channel)?.[2] ?? '');
}

/** Tells that the session has ended: `{ cause, activationTime?, deactivationTime }`. */
export function endedChannel(sessionToken: string): string {
  return `/session/${sessionToken}/ended`;
}

/** Tells who takes part, when that changes: `{ users }`. */
export function usersChannel(sessionToken: string): string {
  return `/session/${sessionToken}/users`;
}
