/** What clients send, for a log line or a span: it holds no token, and can attack neither a reader nor a terminal. */
import { MASK, type PathMask } from './path-mask.ts';
import type { ExchangeRecord } from './record.ts';

/** Path of a request, with `?` where a query was; a token in it is masked. */
export function maskedPath(
  { target, token, class: requestClass }: Pick<ExchangeRecord, 'target' | 'token' | 'class'>,
  pathMask: PathMask,
): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query + 1);
  if (token !== '') {
    if (path.includes(token)) return path.replaceAll(token, MASK);
    // It came in another spelling: better no path in the log than that token. That of a live channel is in its answer.
    if (requestClass !== 'live') return MASK;
  }
  return pathMask.mask(path);
}

const UNPRINTABLE = /[^\x20-\x7e]|["\\]/;
const EACH_UNPRINTABLE = new RegExp(UNPRINTABLE, 'g');

/**
 * For JSON: every byte that is not plain ASCII, and those that JSON escapes, as `\x1B`; cut to a number of characters.
 */
export function printable(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most)}...` : text;
  if (!UNPRINTABLE.test(cut)) return cut;
  return cut.replace(EACH_UNPRINTABLE, hexEscape).slice(0, most).replaceAll('\\', '\\\\');
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
