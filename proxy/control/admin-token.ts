/** The token that changes through the admin listener ask for: from the configuration, or from a file of its own. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { readTextFile } from '../../config/text-file.ts';

export type AdminToken =
  /** undefined: none is configured. */
  { readonly ok: true; readonly token: string | undefined } | { readonly ok: false; readonly reason: string };

/** Read anew each time, so that a secret that is rotated in place holds at once. White space around it is no part of it. */
export function readAdminToken({ token, tokenFile }: Pick<ProxyConfig['admin'], 'token' | 'tokenFile'>): AdminToken {
  if (tokenFile === '') return { ok: true, token: token === '' ? undefined : token };
  const file = readTextFile(tokenFile);
  if (!file.ok) return { ok: false, reason: `${tokenFile}: ${file.reason}` };
  const text = file.text.trim();
  return text === '' ? { ok: false, reason: `${tokenFile}: is empty, expected a token` } : { ok: true, token: text };
}
