/** A moment, in ms since the epoch, as people and programs read it: ISO 8601, UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
