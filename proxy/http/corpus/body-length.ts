/** Content-Length and Transfer-Encoding: whoever reads them differently sees other requests (RFC 9112 §6). */
import { forwarded, type RequestCase, refusedAlike, request } from './case.ts';

const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
const EMPTY_CHUNKED = '0\r\n\r\n';

const withLength = (value: string) => `${request('POST /x HTTP/1.1', 'Host: a', `Content-Length: ${value}`)}hello`;
const withCoding = (...lines: string[]) => request('POST /x HTTP/1.1', 'Host: a', ...lines) + EMPTY_CHUNKED;

const BAD_LENGTHS = refusedAlike('bad_framing', 'RFC 9110 §8.6', [
  ['Content-Length with a plus sign', withLength('+5')],
  ['Content-Length with a minus sign', withLength('-5')],
  ['Content-Length of minus zero', withLength('-0')],
  ['Content-Length in hex', withLength('0x5')],
  ['Content-Length with an exponent', withLength('5e0')],
  ['Content-Length with a fraction', withLength('5.0')],
  ['Content-Length with a separator', withLength('1_0')],
  ['Content-Length with a space inside', withLength('5 5')],
  ['Content-Length with junk behind it', withLength('5;')],
  ['Content-Length with junk before it', withLength('a5')],
  ['Content-Length in quotes', withLength('"5"')],
  ['Content-Length with a superscript digit', withLength('\xb2')],
  ['Content-Length with a non-breaking space', withLength('5\xa0')],
  ['an empty Content-Length', withLength('')],
  ['Content-Length of 16 digits', withLength('0000000000000005')],
  ['Content-Length that overflows 32 bits twice', withLength('18446744073709551621')],
]);

const TWO_LENGTHS = refusedAlike('bad_framing', 'RFC 9112 §6.3', [
  ['Content-Length twice, the same', withLength('5\r\nContent-Length: 5')],
  ['Content-Length twice, different', withLength('5\r\nContent-Length: 0')],
  ['Content-Length twice, in different letter case', withLength('5\r\ncontent-length: 0')],
  ['Content-Length as a list of equals', withLength('5, 5')],
  ['Content-Length as a list of different ones', withLength('5, 0')],
  ['Content-Length with an empty list element', withLength('5,')],
]);

const LENGTH_AND_CODING = refusedAlike('bad_framing', 'RFC 9112 §6.1', [
  ['Content-Length before Transfer-Encoding', withCoding('Content-Length: 5', 'Transfer-Encoding: chunked')],
  ['Content-Length after Transfer-Encoding', withCoding('Transfer-Encoding: chunked', 'Content-Length: 5')],
  ['Content-Length 0 with Transfer-Encoding', withCoding('Content-Length: 0', 'Transfer-Encoding: chunked')],
  ['Transfer-Encoding twice', withCoding('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  [
    'Transfer-Encoding in an HTTP/1.0 request',
    request('POST /x HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked') + EMPTY_CHUNKED,
  ],
  [
    'a nominated Content-Length still counts',
    withCoding('Connection: content-length', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
  ],
]);

const BAD_CODINGS = refusedAlike('transfer_coding_not_supported', 'RFC 9112 §6.1, §7', [
  ['Transfer-Encoding: xchunked', withCoding('Transfer-Encoding: xchunked')],
  ['Transfer-Encoding: chunked, identity', withCoding('Transfer-Encoding: chunked, identity')],
  ['Transfer-Encoding: identity', withCoding('Transfer-Encoding: identity')],
  ['Transfer-Encoding: identity, chunked', withCoding('Transfer-Encoding: identity, chunked')],
  ['Transfer-Encoding: gzip, chunked', withCoding('Transfer-Encoding: gzip, chunked')],
  ['Transfer-Encoding: chunked, chunked', withCoding('Transfer-Encoding: chunked, chunked')],
  ['Transfer-Encoding with a parameter', withCoding('Transfer-Encoding: chunked;q=1')],
  ['Transfer-Encoding with an empty list element', withCoding('Transfer-Encoding: chunked,')],
  ['Transfer-Encoding with an empty first list element', withCoding('Transfer-Encoding: ,chunked')],
  ['Transfer-Encoding in quotes', withCoding('Transfer-Encoding: "chunked"')],
  ['Transfer-Encoding cut short', withCoding('Transfer-Encoding: chunke')],
  ['Transfer-Encoding with a non-breaking space', withCoding('Transfer-Encoding: chunked\xa0')],
  ['an empty Transfer-Encoding', withCoding('Transfer-Encoding:')],
  ['Transfer-Encoding folded', withCoding('Transfer-Encoding:', ' chunked')],
  ['identity after chunked', withCoding('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')],
  ['an unknown coding hides a length', withCoding('Content-Length: 5', 'Transfer-Encoding: x')],
]);

const MALFORMED_FRAMING_LINES = refusedAlike('bad_request', 'RFC 9112 §5.1, §5.2', [
  ['Transfer-Encoding with a space before the colon', withCoding('Transfer-Encoding : chunked')],
  ['Transfer-Encoding with a tab before the colon', withCoding('Transfer-Encoding\t: chunked')],
  ['Transfer-Encoding with a vertical tab in its value', withCoding('Transfer-Encoding: \x0bchunked')],
  ['Transfer-Encoding with a NUL in its value', withCoding('Transfer-Encoding: chunked\0')],
  ['Transfer-Encoding behind a fold', withCoding('X: 1', ' Transfer-Encoding: chunked')],
  ['Transfer-Encoding behind a bare LF', withCoding('X: 1\nTransfer-Encoding: chunked')],
  ['Transfer-Encoding behind a bare CR', withCoding('X: 1\rTransfer-Encoding: chunked')],
  ['Content-Length with a space before the colon', withCoding('Content-Length : 5')],
  ['Content-Length with a NUL', withLength('5\0')],
  ['Content-Length with a vertical tab', withLength('5\x0b')],
  ['Content-Length ended by a bare CR', withLength('5\r')],
]);

const VALID: RequestCase[] = [
  {
    name: 'Content-Length with leading zeros is sent on in one spelling',
    source: 'RFC 9110 §8.6',
    bytes: withLength('005'),
    expected: [forwarded('POST', '/x', 'hello', { has: ['Content-Length: 5'] })],
  },
  {
    name: 'whitespace around Content-Length is none of its value',
    source: 'RFC 9112 §5.1',
    bytes: withLength('\t 5 \t'),
    expected: [forwarded('POST', '/x', 'hello', { has: ['Content-Length: 5'] })],
  },
  {
    name: 'whitespace around Transfer-Encoding, and any letter case',
    source: 'RFC 9112 §5.1, §7',
    bytes: withCoding('tRANSFER-eNCODING: \t CHUNKED\t '),
    expected: [forwarded('POST', '/x', '', { has: ['Transfer-Encoding: chunked'] })],
  },
  {
    name: 'Content-Length 0 with a request behind it',
    source: 'RFC 9112 §6.3',
    bytes: request('POST /x HTTP/1.1', 'Host: a', 'Content-Length: 0') + SMUGGLED,
    expected: [forwarded('POST', '/x'), forwarded('GET', '/admin')],
  },
  {
    name: 'a GET with a body that reads like a request',
    source: 'RFC 9110 §9.3.1',
    bytes: request('GET /x HTTP/1.1', 'Host: a', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    expected: [forwarded('GET', '/x', SMUGGLED)],
  },
  ...['DELETE', 'OPTIONS', 'GET', 'HEAD', 'PATCH'].map((method) => ({
    name: `a chunked ${method} whose body hides a second request`,
    source: 'CVE-2026-29057',
    bytes: `${request(`${method} /x HTTP/1.1`, 'Host: a', 'Transfer-Encoding: chunked')}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    expected: [forwarded(method, '/x', SMUGGLED)],
  })),
  ...['DELETE', 'OPTIONS'].map((method) => ({
    name: `a ${method} with neither length nor coding has no body`,
    source: 'RFC 9112 §6.3',
    bytes: request(`${method} /x HTTP/1.1`, 'Host: a') + SMUGGLED,
    expected: [forwarded(method, '/x'), forwarded('GET', '/admin')],
  })),
];

const EXPECTATIONS: RequestCase[] = [
  ...refusedAlike('expectation_failed', 'RFC 9110 §10.1.1', [
    ['an unknown expectation', request('POST /x HTTP/1.1', 'Host: a', 'Content-Length: 0', 'Expect: 200-ok')],
    ['an empty expectation', request('POST /x HTTP/1.1', 'Host: a', 'Content-Length: 0', 'Expect:')],
    ['a list of expectations', request('GET /x HTTP/1.1', 'Host: a', 'Expect: 100-continue, 100-continue')],
  ]),
  {
    name: 'an expectation of 100 Continue is passed on',
    source: 'RFC 9110 §10.1.1',
    bytes: withLength('5\r\nexpect: 100-CONTINUE'),
    expected: [forwarded('POST', '/x', 'hello', { has: ['Expect: 100-continue'] })],
  },
  {
    name: 'an expectation of 100 Continue without a body ends here',
    source: 'RFC 9110 §10.1.1',
    bytes: request('GET /x HTTP/1.1', 'Host: a', 'Expect: 100-continue'),
    expected: [forwarded('GET', '/x', '', { lacks: ['expect'] })],
  },
  {
    name: 'an expectation in HTTP/1.0 is ignored',
    source: 'RFC 9110 §10.1.1',
    bytes: request('GET /x HTTP/1.0', 'Host: a', 'Expect: 200-ok'),
    expected: [forwarded('GET', '/x', '', { lacks: ['expect'] })],
    closes: true,
  },
];

export const BODY_LENGTH: readonly RequestCase[] = [
  ...BAD_LENGTHS,
  ...TWO_LENGTHS,
  ...LENGTH_AND_CODING,
  ...BAD_CODINGS,
  ...MALFORMED_FRAMING_LINES,
  ...EXPECTATIONS,
  ...VALID,
];
