/** Paths as nodes of all kinds read them, and hostile ones to try them with. */
import fc from 'fast-check';

/**
 * What a path may come to at a node that tidies up as much as any: decoded as often as it can be, in UTF-8 or byte by
 * byte, cut off at a NUL, with `\` for `/`, without `;` and what follows it, blanks and dots at the ends of segments,
 * empty segments and dot segments, and in lower case. Each of these steps is one that some server takes.
 */
export function readingsOf(path: string): ReadonlySet<string> {
  const readings = new Set<string>();
  for (let text of decodings(path)) {
    text = text.split(/[?#]/)[0] ?? '';
    for (const cut of new Set([text, text.split('\0')[0] ?? ''])) {
      for (const slashed of new Set([cut, cut.replaceAll('\\', '/')])) {
        for (const bare of new Set([slashed, slashed.replace(/;[^/]*/g, '')])) {
          for (const variant of new Set([bare, bare.normalize('NFKC').replaceAll('\\', '/')])) {
            readings.add(resolved(variant));
            readings.add(resolved(variant.replace(/[. ]+(?=\/|$)/g, (end) => (/^\.{1,2}$/.test(end) ? end : ''))));
          }
        }
      }
    }
  }
  return readings;
}

function decodings(path: string): ReadonlySet<string> {
  const texts = new Set([path]);
  for (const text of texts) {
    if (texts.size > 16) break;
    texts.add(text.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))));
    texts.add(text.replace(/%u([\da-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))));
    // Over-long forms, as decoders read them that do not check.
    texts.add(
      text.replace(/%c([01])%([89ab][\da-f])/gi, (_, high, low) =>
        String.fromCharCode((Number(high) << 6) | (Number.parseInt(low, 16) & 0x3f)),
      ),
    );
    try {
      texts.add(decodeURIComponent(text));
    } catch {
      // Not UTF-8: only the other decoders read it.
    }
  }
  return texts;
}

/** Without empty and dot segments, in one letter case. */
function resolved(path: string): string {
  const segments: string[] = [];
  for (const segment of path.toUpperCase().toLowerCase().split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

const WORDS = [
  'cobrowse',
  'rest',
  'history',
  'sessions',
  'live',
  'js',
  'cometd',
  'health',
  'n1',
  'REST',
  'History',
  'x',
];
const TRICKS = [
  ...['/', '/', '/', '//', '/./', '/../', '/..', '/.', '.', '..', '...', '\\', '..\\', '/..;/', ';', ';x=1', '/;/'],
  ...['%2f', '%2F', '%5c', '%2e', '%2E', '%2e%2e', '%252e', '%252f', '%25', '%00', '%0a', '%20', '%3b', '%3f', '%23'],
  ...['%72est', 'h%69story', '%', '%2', '%zz', '%u002e', '%u2215', '%c0%ae', '%c0%af', '%c1%9c', '%ff', '%e0%80%af'],
  ...['%ef%bc%8f', '%ef%bc%8e', 'hi%c5%bftory', 'h%c4%b1story', '%e2%80%a4', '+', '*', '?', '?/../', '~1', ':'],
];

/** Targets of visible ASCII that begin with a slash: mostly below `/cobrowse`, mostly after history. */
export const hostileTarget: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('/cobrowse/', '/cobrowse', '/n1/cobrowse/', '/'),
    fc.array(fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...WORDS) }, fc.constantFrom(...TRICKS)), {
      maxLength: 8,
    }),
    fc.constantFrom('', '/rest/history/sessions/1', '/../rest/history/sessions/1', 'rest/history', 'rest/history%00x'),
  )
  .map(([start, parts, end]) => start + parts.join('') + end);
