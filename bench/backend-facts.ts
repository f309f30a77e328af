/** What the backend, the peers' configurations and the proofs must agree upon. */
export const NODE_NAMES = ['CB_Server_1', 'CB_Server_2', 'CB_Server_3'] as const;
export const COOKIE = 'gcbSessionServer';
export const BASE = '/cobrowse';
/** What clients call the cluster. */
export const HOST = 'agents.example.com';
/** The name that they ask a certificate for, which resolves to where contenders are. */
export const TLS_NAME = 'localhost';
/** Bytes in the body of `GET {base}/answer`. */
export const ANSWER_BYTES = 114;
/** What bulk answers and uploads are made of, again and again; a piece that is out of place shows. */
export const BULK_BLOCK = Buffer.from(Array.from({ length: 256 * 1024 }, (_, index) => index % 251));

/** As many as a run wants; those above are the first of them. */
export const nodeNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `CB_Server_${index + 1}`);
/** Where sessions are created by POST, and told by GET below it. */
export const SESSIONS = `${BASE}/rest/live/sessions`;
