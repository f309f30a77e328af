/** Bearer tokens as an operator writes them: in the configuration, in a variable, or in a file of their own. */

export const EXPECTED_TOKENS = 'tokens of 16 to 512 letters, digits or -._~+/=, separated by blanks or line ends';

/** RFC 6750 §2.1, and too long to guess. */
const TOKEN = /^[A-Za-z0-9._~+/=-]{16,512}$/;

/** At least one; undefined for anything else. */
export function readSecretTokens(text: string): readonly string[] | undefined {
  const tokens = text.trim().split(/\s+/);
  return tokens.every((token) => TOKEN.test(token)) ? tokens : undefined;
}
