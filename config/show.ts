/** Foreign text and values as part of one line that a person reads: short, and without anything a terminal obeys. */

const LONGEST = 60;
/** C0 and C1 controls, line and paragraph separators, and what reorders or hides text (bidirectional, zero width). */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Every character that would not be seen as itself, as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** At most 60 characters, an ellipsis for the rest. */
export function shorten(text: string): string {
  if (text.length <= LONGEST) return text;
  const characters = Array.from(text.slice(0, 2 * LONGEST));
  return characters.length <= LONGEST && text.length <= 2 * LONGEST
    ? text
    : `${characters.slice(0, LONGEST).join('')}…`;
}

/** A value after "got": text in quotes, numbers and booleans as they are, anything larger by its kind and size. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return printable(JSON.stringify(shorten(value)));
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return `a list of ${count(value.length, 'entry', 'entries')}`;
  if (typeof value === 'object') return `a mapping of ${count(Object.keys(value).length, 'key', 'keys')}`;
  return printable(shorten(String(value)));
}

/** `1 key`, `2 keys`. */
export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `a`, `a or b`, `a, b or c`. */
export function anyOf(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
