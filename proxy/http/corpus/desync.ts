/**
 * Published desync research: two readers that disagree about where a request ends. Each attack hides a second request;
 * it is refused as a whole, or it is one request with all of that for a body.
 */
import { alike, forwarded, type RequestCase, refusedAlike, refusedFor, request } from './case.ts';

const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\nX: ';
const WHOLE = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
const LENGTH = `Content-Length: ${SMUGGLED.length + 5}`;
const attack = (...lines: string[]) => request('POST /x HTTP/1.1', 'Host: a', ...lines);
/** To who reads the length, all of it is body; to who reads the coding, the body ends at once. */
const clTe = (...lines: string[]) => `${attack(LENGTH, ...lines)}0\r\n\r\n${SMUGGLED}`;
/** The other way round. */
const teCl = (...lines: string[]) =>
  `${attack('Content-Length: 4', ...lines)}${WHOLE.length.toString(16)}\r\n${WHOLE}\r\n0\r\n\r\n`;

const DESYNC_ATTACKS = 'HTTP Desync Attacks, Kettle 2019';
const MUST_DIE = 'HTTP/1.1 must die, Kettle 2025';

/** A coding that one side does not see for a byte that does not belong there, and the length that it reads instead. */
const HIDING_BYTES = '\x00\x01\x04\x08\x0b\x0c\x0d\x1f\x7f';
const shown = (character: string) => JSON.stringify(character);
const HIDDEN_CODINGS: RequestCase[] = [...HIDING_BYTES].flatMap((byte) =>
  refusedAlike('bad_request', `${DESYNC_ATTACKS}: TE.TE`, [
    [`${shown(byte)} before Transfer-Encoding`, clTe(`${byte}Transfer-Encoding: chunked`)],
    [`${shown(byte)} before the colon of Transfer-Encoding`, clTe(`Transfer-Encoding${byte}: chunked`)],
    [`${shown(byte)} behind the colon of Transfer-Encoding`, clTe(`Transfer-Encoding:${byte}chunked`)],
    [`${shown(byte)} behind chunked`, clTe(`Transfer-Encoding: chunked${byte}`)],
  ]),
);

const CL_TE = [
  ...refusedAlike('bad_framing', `${DESYNC_ATTACKS}: CL.TE`, [
    ['a length for one side, a coding for the other', clTe('Transfer-Encoding: chunked')],
    ['the same with a tab behind the colon', clTe('Transfer-Encoding:\tchunked')],
    ['the same without a space', clTe('transfer-encoding:chunked')],
  ]),
  ...refusedAlike('bad_framing', `${DESYNC_ATTACKS}: TE.CL`, [
    ['a coding for one side, a length for the other', teCl('Transfer-Encoding: chunked')],
    ['a coding before the length', `${attack('Transfer-Encoding: chunked', 'Content-Length: 4')}0\r\n\r\n`],
  ]),
  ...refusedAlike('transfer_coding_not_supported', `${DESYNC_ATTACKS}: TE.TE`, [
    ['a second coding that nobody knows', teCl('Transfer-Encoding: chunked', 'Transfer-Encoding: cow')],
    ['a first coding that nobody knows', teCl('Transfer-Encoding: cow', 'Transfer-Encoding: chunked')],
    ['a coding with a dash in it', clTe('Transfer-Encoding: -chunked')],
    ['a coding in apostrophes', clTe("Transfer-Encoding: 'chunked'")],
    ['a coding behind another of one character', clTe('Transfer-Encoding: x, chunked')],
    ['a coding behind a space in its list', clTe('Transfer-Encoding: x chunked')],
    ['a coding twice in a word', clTe('Transfer-Encoding: chunkedchunked')],
    ['a coding with a long s', clTe('Transfer-Encoding: chun\xc5\xbfed')],
    ['a coding with a line separator', clTe('Transfer-Encoding: chunked\x85')],
    ['a coding that is null', clTe('Transfer-Encoding: null')],
    ['a coding behind a colon', clTe('Transfer-Encoding:: chunked')],
    ['a coding with an escaped line end', clTe('Transfer-Encoding: \\r\\nchunked')],
  ]),
  ...refusedAlike('bad_request', `${DESYNC_ATTACKS}: TE.TE`, [
    ['a coding in a field that begins with a space', clTe(' Transfer-Encoding: chunked')],
    ['a coding in a field that begins with a tab', clTe('\tTransfer-Encoding: chunked')],
    ['a coding behind a bare LF and a space', clTe('X: X\n Transfer-Encoding: chunked')],
    ['a coding whose name is folded', clTe('Transfer-Encoding', ' : chunked')],
    ['a coding whose name is broken by LF', clTe('Transfer-Encoding\n: chunked')],
    ['a coding with an equals sign for its colon', clTe('Transfer-Encoding=chunked')],
    ['a coding behind a field without a name', clTe(':', 'Transfer-Encoding: chunked')],
    ['a coding with a quote in its name', clTe('"Transfer-Encoding": chunked')],
    ['a coding with a letter in its name that is not ASCII', clTe('Transfer-Enc\xf6ding: chunked')],
  ]),
];

const OTHER_NAMES: RequestCase[] = [
  ...alike(
    [forwarded('POST', '/x', `0\r\n\r\n${SMUGGLED}`)],
    `${DESYNC_ATTACKS}: a field of another name is none of the framing`,
    [
      ['a field whose name is the begin of Transfer-Encoding', clTe('Transfer-Encodin: chunked')],
      ['a field whose name is longer than Transfer-Encoding', clTe('Transfer-Encodings: chunked')],
      ['a field that says Transfer-Encoding in its value', clTe('X: Transfer-Encoding: chunked')],
      ['a field Content-Encoding: chunked', clTe('Content-Encoding: chunked')],
      ['an underscore for the dash of Transfer-Encoding', clTe('Transfer_Encoding: chunked')],
    ],
  ),
  ...alike(
    [forwarded('POST', '/x', 'hello', { has: ['Content-Length: 5'], lacks: ['content_length'] })],
    'CVE-2015-0219, HTTP Desync Attacks: CL.CL',
    [
      [
        'an underscore for the dash of a second Content-Length',
        `${attack('Content-Length: 5', 'Content_Length: 0')}hello`,
      ],
    ],
  ),
];

/** A length that one side takes for none: what follows is its next request. */
const ZERO_LENGTHS: RequestCase[] = [
  ...alike([forwarded('POST', '/x', WHOLE)], 'Browser-Powered Desync Attacks, Kettle 2022: CL.0', [
    ['a POST to a page that expects no body', attack(`Content-Length: ${WHOLE.length}`) + WHOLE],
    [
      'a POST to such a page, chunked',
      `${attack('Transfer-Encoding: chunked')}${WHOLE.length.toString(16)}\r\n${WHOLE}\r\n0\r\n\r\n`,
    ],
    [
      'a POST that says Connection: keep-alive',
      attack('Connection: keep-alive', `Content-Length: ${WHOLE.length}`) + WHOLE,
    ],
  ]),
  ...alike([forwarded('OPTIONS', '/x', WHOLE)], 'TE.0, Bugcrowd 2024', [
    [
      'a chunked OPTIONS whose coding one side ignores',
      `${request('OPTIONS /x HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}${WHOLE.length.toString(16)}\r\n${WHOLE}\r\n0\r\n\r\n`,
    ],
  ]),
  ...alike([forwarded('GET', '/con', WHOLE)], `${MUST_DIE}: 0.CL, an early answer to a reserved name`, [
    [
      'a GET of a reserved file name with a body',
      request('GET /con HTTP/1.1', 'Host: a', `Content-Length: ${WHOLE.length}`) + WHOLE,
    ],
  ]),
  ...refusedFor('bad_request', [
    [`${MUST_DIE}: 0.CL`, 'a length behind a space at the begin of its line', `${attack(' Content-Length: 5')}hello`],
    [`${MUST_DIE}: 0.CL`, 'a length that is folded', `${attack('X: y', ' Content-Length: 5')}hello`],
    [`${MUST_DIE}: 0.CL`, 'a length in a field with a space in its name', `${attack('Content Length: 5')}hello`],
    [`${MUST_DIE}: 0.CL`, 'a length behind a CR', `${attack('X: y\rContent-Length: 5')}hello`],
    [
      `${MUST_DIE}: hidden Host`,
      'a Host behind a space, and another',
      request('GET /x HTTP/1.1', ' Host: b', 'Host: a'),
    ],
    [`${MUST_DIE}: hidden Host`, 'a Host with a space before its colon', request('GET /x HTTP/1.1', 'Host : a')],
    [`${MUST_DIE}: hidden Host`, 'a Host with a folded value', request('GET /x HTTP/1.1', 'Host:', ' a')],
  ]),
  ...refusedFor('bad_framing', [
    [`${MUST_DIE}: 0.CL`, 'a length that is folded away from its name', `${attack('Content-Length:', ' 5')}hello`],
    [`${MUST_DIE}: CL.0`, 'a length with a leading comma', `${attack('Content-Length: ,5')}hello`],
    [`${MUST_DIE}: CL.0`, 'a length with a value of words', `${attack('Content-Length: five')}hello`],
    [`${MUST_DIE}: CL.0`, 'a length with a decimal comma', `${attack('Content-Length: 5,0')}hello`],
    ['T-Reqs, CCS 2021', 'a length in full-width digits', `${attack('Content-Length: \xef\xbc\x95')}hello`],
    ['T-Reqs, CCS 2021', 'a length with a letter for its last digit', `${attack('Content-Length: 5l')}hello`],
    ['HDiff, DSN 2022', 'a length with a second one behind a semicolon', `${attack('Content-Length: 5;0')}hello`],
    ['HDiff, DSN 2022', 'a length in octal', `${attack('Content-Length: 0o5')}hello`],
  ]),
];

/** HDiff's and T-Reqs' request lines that one side mends and the other does not. */
const REQUEST_LINES = [
  ...refusedFor('bad_request', [
    ['HDiff, DSN 2022', 'a version with more behind it', request('GET /x HTTP/1.1x', 'Host: a')],
    ['HDiff, DSN 2022', 'a version before the target', request('GET HTTP/1.1 /x', 'Host: a')],
    ['HDiff, DSN 2022', 'a version with a slash too many', request('GET /x HTTP//1.1', 'Host: a')],
    ['HDiff, DSN 2022', 'two versions', request('GET /x HTTP/1.1 HTTP/1.0', 'Host: a')],
    ['T-Reqs, CCS 2021', 'a version of another protocol with its number', request('GET /x HTP/1.1', 'Host: a')],
    ['T-Reqs, CCS 2021', 'a method in quotes', request('"GET" /x HTTP/1.1', 'Host: a')],
    ['T-Reqs, CCS 2021', 'a request line that is folded', request('GET /x', ' HTTP/1.1', 'Host: a')],
    ['T-Reqs, CCS 2021', 'a form feed for a space', request('GET\x0c/x HTTP/1.1', 'Host: a')],
    ['T-Reqs, CCS 2021', 'a non-breaking space for a space', request('GET\xa0/x HTTP/1.1', 'Host: a')],
    [
      'Gretchen, HTTP request splitting',
      'a target with an encoded line end that is none',
      request('GET /x\r\n HTTP/1.1', 'Host: a'),
    ],
  ]),
  ...refusedFor('version_not_supported', [
    ['HDiff, DSN 2022', 'version 1.9', request('GET /x HTTP/1.9', 'Host: a')],
    ['HDiff, DSN 2022', 'version 3.1', request('GET /x HTTP/3.1', 'Host: a')],
    ['T-Reqs, CCS 2021', 'version 0.1', request('GET /x HTTP/0.1', 'Host: a')],
  ]),
];

export const DESYNC: readonly RequestCase[] = [
  ...HIDDEN_CODINGS,
  ...CL_TE,
  ...OTHER_NAMES,
  ...ZERO_LENGTHS,
  ...REQUEST_LINES,
];
