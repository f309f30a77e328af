/** Mutated messages for fuzzing: a seed, changed at a few places by bytes and by the words that parsers trip over. */
import fc from 'fast-check';

const TOKENS = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  '\0',
  '\x0b',
  '\x7f',
  '\x85',
  '\xa0',
  '\xff',
  ':',
  ',',
  ';',
  '"',
  '/',
  '#',
  '*',
  '0',
  '1',
  '5',
  'a',
  '-',
  '+',
  '0x',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'ffffffff',
  'chunked',
  'identity',
  'close',
  'keep-alive',
  'upgrade',
  'websocket',
  'GET ',
  'POST ',
  'HEAD ',
  'OPTIONS ',
  'CONNECT ',
  'PRI ',
  'SOURCE ',
  ' HTTP/1.1\r\n',
  ' HTTP/1.0\r\n',
  'http://a',
  'Host: a\r\n',
  'Host: b\r\n',
  'Content-Length: 0\r\n',
  'Content-Length: 5\r\n',
  'content-length:5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: \r\n',
  'Connection: ',
  'Connection: close\r\n',
  'Connection: keep-alive\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  'Expect: 100-continue\r\n',
  'Trailer: X\r\n',
  'X: 1\r\n',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.0 200 OK\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  '204',
  '304',
  'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n',
];

interface Mutation {
  readonly kind: 'insert' | 'delete' | 'duplicate' | 'replace' | 'splice';
  /** Positions as fractions of the text. */
  readonly at: number;
  readonly to: number;
  readonly token: string;
  readonly other: string;
}

function apply(text: string, { kind, at, to, token, other }: Mutation): string {
  const start = Math.floor(Math.min(at, to) * text.length);
  const end = Math.floor(Math.max(at, to) * text.length);
  // Most faults are short: ranges of up to 16 bytes, but for duplicates, which may hold whole lines.
  const stop = Math.min(end, start + 16);
  switch (kind) {
    case 'insert':
      return text.slice(0, start) + token + text.slice(start);
    case 'delete':
      return text.slice(0, start) + text.slice(stop);
    case 'duplicate':
      return text.slice(0, end) + text.slice(start, end) + text.slice(end);
    case 'replace':
      return text.slice(0, start) + token + text.slice(start + token.length);
    case 'splice':
      return text.slice(0, start) + other.slice(Math.floor(to * other.length));
  }
}

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Latin1 texts: a seed with none to four mutations. `valid` seeds come more often: they get further. */
export function mutated(valid: readonly string[], hostile: readonly string[]): fc.Arbitrary<string> {
  const seed = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...valid) },
    { weight: 1, arbitrary: fc.constantFrom(...hostile) },
  );
  const token = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...TOKENS) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) },
  );
  const mutation: fc.Arbitrary<Mutation> = fc.record({
    kind: fc.constantFrom('insert', 'insert', 'delete', 'duplicate', 'replace', 'splice'),
    at: fraction,
    to: fraction,
    token,
    other: seed,
  });
  return fc.tuple(seed, fc.array(mutation, { maxLength: 4 })).map(([text, mutations]) => mutations.reduce(apply, text));
}
