/** What a node answers about a session, on creation and on `GET {base}/rest/live/sessions/{id}`. */

export interface SessionAnswer {
  readonly sessionToken: string;
  /** The owner's name, as the node says it: not yet known to be a configured one. */
  readonly sessionServerName: string;
}

/** Undefined when the text is not JSON or not such an answer. */
export function parseSessionAnswer(text: string): SessionAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('sessionToken' in value) || !('sessionServerName' in value)) return undefined;
  const { sessionToken, sessionServerName } = value;
  if (typeof sessionToken !== 'string' || typeof sessionServerName !== 'string') return undefined;
  return { sessionToken, sessionServerName };
}
