/** The chunked coding itself (RFC 9112 §7.1): a chunk that two readers measure differently hides a request. */
import { forwarded, type RequestCase, refusedAlike, request } from './case.ts';

const HEAD = request('POST /x HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked');
const END = '0\r\n\r\n';
const chunked = (coding: string) => HEAD + coding;

const BAD_SIZES = refusedAlike('bad_framing', 'RFC 9112 §7.1', [
  ['a negative chunk size', chunked(`-5\r\nhello\r\n${END}`)],
  ['a chunk size with a plus sign', chunked(`+5\r\nhello\r\n${END}`)],
  ['a chunk size with a hex prefix', chunked(`0x5\r\nhello\r\n${END}`)],
  ['a chunk size with a space before it', chunked(` 5\r\nhello\r\n${END}`)],
  ['a chunk size with a space behind it', chunked(`5 \r\nhello\r\n${END}`)],
  ['a chunk size with a tab behind it', chunked(`5\t\r\nhello\r\n${END}`)],
  ['a chunk size with a space before its extension', chunked(`5 ;a=b\r\nhello\r\n${END}`)],
  ['a chunk size that is no hex digit', chunked(`G\r\nhello\r\n${END}`)],
  ['a chunk size with junk behind it', chunked(`5G\r\nhello\r\n${END}`)],
  ['a chunk size with a comma', chunked(`5,5\r\nhello\r\n${END}`)],
  ['a chunk size with an underscore', chunked(`0_5\r\nhello\r\n${END}`)],
  ['no chunk size', chunked(`\r\nhello\r\n${END}`)],
  ['an extension without a chunk size', chunked(`;a=b\r\nhello\r\n${END}`)],
  ['a chunk size of 9 digits', chunked(`000000005\r\nhello\r\n${END}`)],
  ['a last chunk of 9 zeros', chunked('000000000\r\n\r\n')],
  ['a chunk size that overflows 32 bits', chunked(`100000005\r\nhello\r\n${END}`)],
  ['a chunk size that overflows 64 bits', chunked(`10000000000000005\r\nhello\r\n${END}`)],
  ['a NUL before the chunk size', chunked(`\x005\r\nhello\r\n${END}`)],
]);

const BAD_LINE_ENDS = refusedAlike('bad_framing', 'RFC 9112 §2.2, §7.1', [
  ['a chunk size ended by a bare LF', chunked(`5\nhello\r\n${END}`)],
  ['a chunk size ended by a bare CR', chunked(`5\rhello\r\n${END}`)],
  ['a chunk size ended by two CR', chunked(`5\r\r\nhello\r\n${END}`)],
  ['chunk data ended by a bare LF', chunked(`5\r\nhello\n${END}`)],
  ['chunk data ended by a bare CR', chunked(`5\r\nhello\r${END}`)],
  ['chunk data ended by CR and no LF', chunked(`5\r\nhello\rX${END}`)],
  ['chunk data without an end', chunked(`5\r\nhello${END}`)],
  ['chunk data longer than its size', chunked(`5\r\nhello!\r\n${END}`)],
  ['chunk data shorter than its size', chunked(`6\r\nhello\r\n${END}`)],
  ['a last chunk ended by a bare LF', chunked('0\n\r\n')],
  ['an end of the body with a bare LF', chunked('0\r\n\n')],
  ['an end of the body with junk before it', chunked('0\r\n\rX')],
]);

const BAD_EXTENSIONS = refusedAlike('bad_framing', 'RFC 9112 §7.1.1', [
  ['a chunk extension with a bare LF', chunked(`5;a\nhello\r\n${END}`)],
  ['a chunk extension with a bare LF before its CRLF', chunked(`5;a\n\r\nhello\r\n${END}`)],
  ['a chunk extension with a bare CR', chunked(`5;a\rb\r\nhello\r\n${END}`)],
  ['a chunk extension with a space', chunked(`5; a\r\nhello\r\n${END}`)],
  ['a chunk extension that reads like a request', chunked('0;POST /admin HTTP/1.1\r\n\r\n')],
  ['a chunk extension with an open quote', chunked(`5;a="b\r\nhello\r\n${END}`)],
  ['a chunk extension with a quoted bare LF', chunked(`5;a="\n"\r\nhello\r\n${END}`)],
  ['a chunk extension with an escaped bare CR', chunked(`5;a="\\\r"\r\nhello\r\n${END}`)],
  ['a chunk extension with a NUL', chunked(`5;a\0\r\nhello\r\n${END}`)],
  ['a chunk extension with a DEL', chunked(`5;a=\x7f\r\nhello\r\n${END}`)],
  ['a chunk extension above 4 KiB (CVE-2023-39326)', chunked(`5;${'a'.repeat(4097)}\r\nhello\r\n${END}`)],
  [
    'chunk extensions above 4 KiB in all',
    chunked(`1;${'a'.repeat(2048)}\r\nh\r\n1;${'a'.repeat(2049)}\r\ni\r\n${END}`),
  ],
]);

const BAD_TRAILERS = refusedAlike('bad_framing', 'RFC 9112 §7.1.2', [
  ['a trailer with a space before its name', chunked('0\r\n X: 1\r\n\r\n')],
  ['a trailer with a space before the colon', chunked('0\r\nX : 1\r\n\r\n')],
  ['a trailer without a colon', chunked('0\r\nX\r\n\r\n')],
  ['a trailer that is folded', chunked('0\r\nX: 1\r\n 2\r\n\r\n')],
  ['a trailer with a bare LF', chunked('0\r\nX: 1\nY: 2\r\n\r\n')],
  ['a trailer with a NUL', chunked('0\r\nX: \0\r\n\r\n')],
  ['a request line among the trailers', chunked('0\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n')],
  ['33 trailers', chunked(`0\r\n${'X: 1\r\n'.repeat(33)}\r\n`)],
  ['trailers above 8 KiB', chunked(`0\r\nX: ${'x'.repeat(9000)}\r\n\r\n`)],
]);

const VALID: RequestCase[] = [
  ['a body in one chunk', `5\r\nhello\r\n${END}`, 'hello'],
  ['a body in five chunks', `1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n${END}`, 'hello'],
  [
    'a chunk size in hex, in both letter cases',
    `a\r\n0123456789\r\nB\r\nabcdefghijk\r\n${END}`,
    '0123456789abcdefghijk',
  ],
  ['a chunk size with leading zeros', `00000005\r\nhello\r\n${END}`, 'hello'],
  ['a last chunk of several zeros', '5\r\nhello\r\n00000000\r\n\r\n', 'hello'],
  ['chunk extensions, which end here', `5;a=b;c="\xe9;d"\r\nhello\r\n0;last\r\n\r\n`, 'hello'],
  ['chunk data that reads like the end', `5\r\n0\r\n\r\n\r\n${END}`, '0\r\n\r\n'],
  ['no data at all', END, ''],
].map(([name = '', coding = '', body = '']) => ({
  name,
  source: 'RFC 9112 §7.1',
  bytes: chunked(coding),
  expected: [forwarded('POST', '/x', body, { has: ['Transfer-Encoding: chunked'], lacks: ['content-length'] })],
}));

export const CHUNKS: readonly RequestCase[] = [
  ...BAD_SIZES,
  ...BAD_LINE_ENDS,
  ...BAD_EXTENSIONS,
  ...BAD_TRAILERS,
  ...VALID,
];
