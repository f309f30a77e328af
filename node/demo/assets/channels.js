/** Channels of the live channel: services are answered to the asker alone, the others are those of one session. */

export const JOIN = '/service/session/join';
export const EXIT = '/service/session/exit';
export const STOP = '/service/session/stop';
export const PAGE = '/service/session/page';

export const CUSTOMER = 1;
export const AGENT = 2;
export const CONTROLLER = 3;

export function channelsOf(sessionToken) {
  const session = `/session/${sessionToken}`;
  return {
    /** Spoken by the node. */
    ended: `${session}/ended`,
    users: `${session}/users`,
    /** From the customer: rrweb events, some at a time. */
    events: `${session}/events`,
    /** From an agent that needs the whole document. */
    snapshot: `${session}/snapshot`,
  };
}
