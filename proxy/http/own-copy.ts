/**
 * The same text in memory of its own: a part of a string keeps the whole of it alive, and a part of a request's head so
 * kilobytes, for each token or id that is remembered. Latin1, as heads are.
 */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
