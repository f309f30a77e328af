/**
 * Why a stickiness cookie counts for nothing, where cookies are signed.
 *
 * - `forged`: its signature is not that of the node it names, by any key.
 * - `unsigned`: it has none, and one is asked for.
 */
export const IGNORED_COOKIES = ['forged', 'unsigned'] as const;
export type IgnoredCookie = (typeof IGNORED_COOKIES)[number];
