/** The tokens that the admin listener asks for, by role: from the configuration, or from files of their own. */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { EXPECTED_TOKENS, readSecretTokens } from '../../config/secret-tokens.ts';
import { readTextFile } from '../../config/text-file.ts';

/** `operate` may do all that `read` may. */
export type AdminRole = 'read' | 'operate';

export type AdminTokens = Readonly<Record<AdminRole, readonly string[]>>;

export type AdminTokensReading =
  | { readonly ok: true; readonly tokens: AdminTokens }
  /** `option`: whose file it is. */
  | { readonly ok: false; readonly option: 'tokenFile' | 'readTokenFile'; readonly reason: string };

type TokenOptions = Pick<ProxyConfig['admin'], 'token' | 'tokenFile' | 'readToken' | 'readTokenFile'>;

/** Read anew each time, so that secrets that are changed in place hold at once. */
export function readAdminTokens({ token, tokenFile, readToken, readTokenFile }: TokenOptions): AdminTokensReading {
  const operate = tokensOf(token, tokenFile);
  if (typeof operate === 'string') return { ok: false, option: 'tokenFile', reason: operate };
  const read = tokensOf(readToken, readTokenFile);
  if (typeof read === 'string') return { ok: false, option: 'readTokenFile', reason: read };
  return { ok: true, tokens: { read, operate } };
}

/** Text: why there are none. */
function tokensOf(text: string, file: string): readonly string[] | string {
  if (file === '') return readSecretTokens(text) ?? [];
  const read = readTextFile(file);
  if (!read.ok) return `${file}: ${read.reason}`;
  return readSecretTokens(read.text) ?? `${file}: expected ${EXPECTED_TOKENS}`;
}
