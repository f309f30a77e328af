/**
 * What a client did that ends its whole HTTP/2 connection:
 * - `protocol`: frames against RFC 9113.
 * - `resets`: too many streams were reset, by the client or for its sake (CVE-2023-44487, CVE-2025-8671).
 * - `flood`: too many frames that carry nothing (CVE-2019-9512, 9515, 9518 and their kin).
 * - `head`: a head that is longer than any that would be read (CVE-2024-28182).
 * - `timeout`: a preface, head or control frame that did not come in time.
 */
export const HTTP2_FAULTS = ['protocol', 'resets', 'flood', 'head', 'timeout'] as const;
export type Http2Fault = (typeof HTTP2_FAULTS)[number];
