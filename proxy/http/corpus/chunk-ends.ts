/**
 * Where a chunk's line, data and section end, as one reader sees it and another does not: the kinds of "Funky chunks"
 * (2025). TERM: what ends a line; EXT: a chunk extension; SPILL: data beyond its size.
 */
import { alike, forwarded, type RequestCase, refusedAlike, request } from './case.ts';

const HEAD = request('POST /x HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked');
const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
const END = '0\r\n\r\n';
const FUNKY = 'Funky chunks 2025';

/** What careless readers take for a line end. */
const WRONG_ENDS = ['\n', '\r', '\n\r', '\r\r\n', '\n\n', '\r\n\n', '\0\n', '\x0b\r\n', '\x85'];
const shown = (text: string) => JSON.stringify(text);

/** A size that ends for one side within what is an extension for the other. */
const TERM_EXT = WRONG_ENDS.flatMap((end) =>
  refusedAlike('bad_framing', `${FUNKY}: TERM.EXT, EXT.TERM`, [
    [`${shown(end)} in a chunk extension`, `${HEAD}2;${end}xx\r\n26\r\n${END}${SMUGGLED}${END}`],
    [`${shown(end)} for the end of a chunk size`, `${HEAD}2${end}xx\r\n26\r\n${END}${SMUGGLED}${END}`],
  ]),
);

/** Data that is longer for one side, since it takes something else for the end of a chunk. */
const TERM_SPILL = WRONG_ENDS.flatMap((end) =>
  refusedAlike('bad_framing', `${FUNKY}: TERM.SPILL, SPILL.TERM`, [
    [`${shown(end)} for the end of chunk data`, `${HEAD}5\r\nhello${end}26\r\n${END}${SMUGGLED}${END}`],
    [`${shown(end)} for the end of the last chunk's size`, `${HEAD}0${end}\r\n${SMUGGLED}`],
  ]),
);

/** A reader that skips as many bytes behind the data as it expects, whatever they are. */
const SKIPPED = refusedAlike('bad_framing', `${FUNKY}: bytes skipped behind chunk data`, [
  ['one byte where two should be', `${HEAD}5\r\nhelloX${END}`],
  ['two bytes that are no line end', `${HEAD}5\r\nhelloXX${END}`],
  ['no bytes where two should be', `${HEAD}5\r\nhello5\r\nhello\r\n${END}`],
  ['two line ends where one should be', `${HEAD}5\r\nhello\r\n\r\n${END}`],
  ['a line end and a blank', `${HEAD}5\r\nhello\r\n ${END}`],
  ['three bytes with the line end last', `${HEAD}5\r\nhelloX\r\n${END}`],
]);

/** The end of the last chunk: a trailer section for one side, a next request for the other. */
const LAST_CHUNK = refusedAlike('bad_framing', `${FUNKY}: the end of the trailer section`, [
  ['a last chunk with data', `${HEAD}0\r\nhello\r\n\r\n`],
  ['a last chunk that LF alone follows, with a request', `${HEAD}0\r\n\n${SMUGGLED}`],
  ['a last chunk that CR alone follows, with a request', `${HEAD}0\r\n\r${SMUGGLED}`],
  ['a trailer that LF alone ends, with a request', `${HEAD}0\r\nX: 1\n\r\n${SMUGGLED}`],
  ['a trailer section that LF alone ends', `${HEAD}0\r\nX: 1\r\n\n${SMUGGLED}`],
  ['a trailer that is a chunk', `${HEAD}0\r\n5\r\nhello\r\n${END}`],
  ['a trailer without a name', `${HEAD}0\r\n: 1\r\n\r\n`],
]);

const SIZES = refusedAlike('bad_framing', 'RFC 9112 §7.1', [
  ['a chunk size in brackets', `${HEAD}(5)\r\nhello\r\n${END}`],
  ['a chunk size in quotes', `${HEAD}"5"\r\nhello\r\n${END}`],
  ['a chunk size with a fraction', `${HEAD}5.0\r\nhello\r\n${END}`],
  ['a chunk size with a dash behind it', `${HEAD}5-\r\nhello\r\n${END}`],
  ['a chunk size in full-width digits', `${HEAD}\xef\xbc\x95\r\nhello\r\n${END}`],
  ['a chunk size with an h', `${HEAD}5h\r\nhello\r\n${END}`],
  ['a chunk size with a hash', `${HEAD}#5\r\nhello\r\n${END}`],
  ['a chunk size with a percent sign', `${HEAD}%35\r\nhello\r\n${END}`],
  ['a chunk size behind an empty line', `${HEAD}\r\n5\r\nhello\r\n${END}`],
  ['a chunk size with an equals sign', `${HEAD}5=\r\nhello\r\n${END}`],
  ['a chunk size of 2^31', `${HEAD}80000000x\r\nhello\r\n${END}`],
  ['a chunk size of 16 digits', `${HEAD}0000000000000005\r\nhello\r\n${END}`],
  ['a chunk size of 17 digits', `${HEAD}00000000000000005\r\nhello\r\n${END}`],
]);

const EXTENSIONS = refusedAlike('bad_framing', 'RFC 9112 §7.1.1', [
  ['an extension without a name', `${HEAD}5;=b\r\nhello\r\n${END}`],
  ['an extension with an equals sign and no value', `${HEAD}5;a=\r\nhello\r\n${END}`],
  ['an extension with two values', `${HEAD}5;a=b=c\r\nhello\r\n${END}`],
  ['an extension with a quote in its name', `${HEAD}5;"a"\r\nhello\r\n${END}`],
  ['an extension with a quote in its value', `${HEAD}5;a=b"c"\r\nhello\r\n${END}`],
  ['an extension with more behind its quotes', `${HEAD}5;a="b"c\r\nhello\r\n${END}`],
  ['two semicolons before an extension', `${HEAD}5;;a\r\nhello\r\n${END}`],
  ['a semicolon behind an extension', `${HEAD}5;a;\r\nhello\r\n${END}`],
]);

const WITH_EXTENSIONS: RequestCase[] = alike(
  [forwarded('POST', '/x', 'hello', { has: ['Transfer-Encoding: chunked'], lacks: ['content-length'] })],
  'RFC 9112 §7.1.1: what is not known is ignored, and goes no further',
  [
    ['an extension without a value', `${HEAD}5;a\r\nhello\r\n${END}`],
    ['an extension with a value', `${HEAD}5;a=b\r\nhello\r\n${END}`],
    ['an extension with an empty quoted value', `${HEAD}5;a=""\r\nhello\r\n${END}`],
    ['an extension with an escaped quote', `${HEAD}5;a="\\""\r\nhello\r\n${END}`],
    ['two extensions with values', `${HEAD}5;a=b;c="d";e\r\nhello\r\n${END}`],
    ['an extension with a chunk in quotes', `${HEAD}5;a="0;b"\r\nhello\r\n${END}`],
    ['extensions of a last chunk', `${HEAD}5\r\nhello\r\n0;a=b;c\r\n\r\n`],
    ['an extension of 4,000 bytes', `${HEAD}5;${'a'.repeat(4000)}\r\nhello\r\n${END}`],
  ],
);

export const CHUNK_ENDS: readonly RequestCase[] = [
  ...TERM_EXT,
  ...TERM_SPILL,
  ...SKIPPED,
  ...LAST_CHUNK,
  ...SIZES,
  ...EXTENSIONS,
  ...WITH_EXTENSIONS,
];
