/**
 * Tokens of sessions that nodes of the benchmark make, in their order: so a load can name each without having seen it.
 */

/** Neighbours differ in the first digits, as random tokens do. */
const SPREAD = 2_654_435_769;

export function sessionToken(index: number): string {
  return hex(Math.imul(index, SPREAD) >>> 0) + hex(index);
}

export function indexOfToken(token: string): number {
  return Number.parseInt(token.slice(8), 16);
}

const hex = (number: number): string => number.toString(16).padStart(8, '0');
