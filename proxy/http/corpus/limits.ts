/** Heads at and beyond the default limits: 16 KiB, 100 field lines, a target of 8 KiB. */
import { forwarded, type RequestCase, request } from './case.ts';

const HEAD = 16 * 1024;
const HEADERS = 100;
const TARGET = 8 * 1024;

function headOf(length: number): string {
  const rest = request('GET /x HTTP/1.1', 'Host: a', 'X: ').length;
  return request('GET /x HTTP/1.1', 'Host: a', `X: ${'x'.repeat(length - rest)}`);
}

const headers = (count: number) => request('GET /x HTTP/1.1', 'Host: a', ...Array(count - 1).fill('X: 1'));
const target = (length: number) => `/${'x'.repeat(length - 1)}`;

export const LIMITS: readonly RequestCase[] = [
  { name: 'a head of 16 KiB', source: 'limits.head', bytes: headOf(HEAD), expected: [forwarded('GET', '/x')] },
  { name: 'a head of 16 KiB and a byte', source: 'limits.head', bytes: headOf(HEAD + 1), expected: ['head_too_large'] },
  { name: 'a head of 1 MB', source: 'CVE-2018-12121', bytes: headOf(1_000_000), expected: ['head_too_large'] },
  { name: '100 field lines', source: 'limits.headers', bytes: headers(HEADERS), expected: [forwarded('GET', '/x')] },
  { name: '101 field lines', source: 'limits.headers', bytes: headers(HEADERS + 1), expected: ['head_too_large'] },
  { name: '1,200 tiny field lines', source: 'limits.headers', bytes: headers(1200), expected: ['head_too_large'] },
  {
    name: 'a target of 8 KiB',
    source: 'limits.target',
    bytes: request(`GET ${target(TARGET)} HTTP/1.1`, 'Host: a'),
    expected: [forwarded('GET', target(TARGET))],
  },
  {
    name: 'a target of 8 KiB and a byte',
    source: 'limits.target',
    bytes: request(`GET ${target(TARGET + 1)} HTTP/1.1`, 'Host: a'),
    expected: ['target_too_long'],
  },
  {
    name: 'a target of 1 MB',
    source: 'limits.target',
    bytes: request(`GET ${target(1_000_000)} HTTP/1.1`, 'Host: a'),
    expected: ['target_too_long'],
  },
];
