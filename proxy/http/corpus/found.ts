/** What the fuzz has found (see `proxy/fuzz/`), kept so that it is tried first and for ever. */
import { type AnswerCase, answer, answersAlike } from './answer-case.ts';
import { type RequestCase, refusedFor, request } from './case.ts';

const HEAD = request('POST /x HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked');
const OK = answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked');

export const FOUND: readonly RequestCase[] = refusedFor('bad_framing', [
  ['RFC 9112 §7.1.1; requests, seed 9112', 'an empty extension', `${HEAD}5;\r\nhello\r\n0\r\n\r\n`],
  [
    'RFC 9110 §6.5.1; requests, seed 9112',
    'trailers that are the framing of a head',
    `${HEAD}5\r\nhello\r\n0\r\nContent-Length: 0\r\nTransfer-Encoding: x\r\nHost: b\r\n\r\n`,
  ],
]);

export const FOUND_ANSWERS: readonly AnswerCase[] = answersAlike('cut-off', 'RFC 9110 §6.5.1; answers, seed 9112', [
  [
    'an answer whose trailers are the framing of a head',
    `${OK}5\r\nhello\r\n0\r\nX: 1\r\nContent-Length: 3\r\nTransfer-Encoding: x\r\nY: 2\r\n\r\n`,
  ],
]);
