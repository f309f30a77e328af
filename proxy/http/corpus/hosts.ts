/** The Host header and absolute-form targets (RFC 9112 §3.2): a request must name one host, and only one. */
import { forwarded, type RequestCase, refusedAlike, request } from './case.ts';

const withHost = (host: string) => request('GET /x HTTP/1.1', `Host: ${host}`);

const BAD_HOSTS = refusedAlike('bad_host', 'RFC 9112 §3.2', [
  ['no Host', request('GET /x HTTP/1.1', 'X: 1')],
  ['no field at all', request('GET /x HTTP/1.1')],
  ['two Host headers, different', withHost('a\r\nHost: b')],
  ['two Host headers, the same', withHost('a\r\nhost: a')],
  ['two Host headers in HTTP/1.0', request('GET /x HTTP/1.0', 'Host: a', 'Host: b')],
  ['an empty Host', withHost('')],
  ['a Host with a space', withHost('a b')],
  ['a Host that is a list', withHost('a, b')],
  ['a Host with a path', withHost('a/b')],
  ['a Host with user information', withHost('u@a')],
  ['a Host with a scheme', withHost('http://a')],
  ['a Host with a fragment', withHost('a#b')],
  ['a Host with a query', withHost('a?b')],
  ['a Host with a quote', withHost('a"b')],
  ['a Host with a backslash', withHost('a\\b')],
  ['a Host with angle brackets', withHost('<a>')],
  ['a Host that is not ASCII', withHost('\xe9')],
  ['a Host without a name', withHost(':80')],
  ['a Host with a port that is no number', withHost('a:b')],
  ['a Host with a signed port', withHost('a:+80')],
  ['a Host with a port in hex', withHost('a:0x50')],
  ['a Host with two ports', withHost('a:80:80')],
  ['a Host with a port of 6 digits', withHost('a:123456')],
  ['an IPv6 Host without brackets', withHost('::1')],
  ['an IPv6 Host with an open bracket', withHost('[::1')],
  ['an IPv6 Host with a closing bracket only', withHost('::1]')],
  ['an IPv6 Host with junk behind the bracket', withHost('[::1]a')],
  ['an IPv6 Host that is no address', withHost('[evil]')],
  ['an IPv6 Host with nothing in its brackets', withHost('[]')],
  ['a Host of 256 characters', withHost('a'.repeat(256))],
]);

const BAD_ABSOLUTE = refusedAlike('bad_host', 'RFC 9112 §3.2.2', [
  ['an absolute-form target that disagrees with Host', request('GET http://b/x HTTP/1.1', 'Host: a')],
  ['an absolute-form target with another port', request('GET http://a:81/x HTTP/1.1', 'Host: a')],
  ['an absolute-form target without Host', request('GET http://a/x HTTP/1.1')],
  ['an absolute-form target with user information', request('GET http://u@a/x HTTP/1.1', 'Host: a')],
  ['an absolute-form target without authority', request('GET http:///x HTTP/1.1', 'Host: a')],
  ['an absolute-form target with a backslash', request('GET http://a\\@b/x HTTP/1.1', 'Host: a')],
  ['an absolute-form target with a bad port', request('GET http://a:b/x HTTP/1.1', 'Host: a:b')],
]);

const VALID: RequestCase[] = [
  ...['a', 'A.Example', 'a:80', 'a:', 'a_b', '127.0.0.1:8700', '[::1]', '[2001:DB8::1]:443', 'a'.repeat(255)].map(
    (host) => ({
      name: `Host: ${host.length > 40 ? `${host.length} characters` : host}`,
      source: 'RFC 9110 §7.2',
      bytes: withHost(host),
      expected: [forwarded('GET', '/x', '', { has: [`Host: ${host}`, `X-Forwarded-Host: ${host}`] })],
    }),
  ),
  ...[
    ['agrees with Host', 'GET http://a/x?y HTTP/1.1', '/x?y'],
    ['agrees with Host but for its letter case', 'GET HTTP://A/x HTTP/1.1', '/x'],
    ['has no path', 'GET http://a HTTP/1.1', '/'],
    ['has a query and no path', 'GET http://a?y HTTP/1.1', '/?y'],
    ['is of https', 'GET https://a/x HTTP/1.1', '/x'],
  ].map(([what, line = '', target = '']) => ({
    name: `an absolute-form target that ${what} becomes origin-form`,
    source: 'RFC 9112 §3.2.2',
    bytes: request(line, 'Host: a'),
    expected: [forwarded('GET', target, '', { has: ['Host: a'] })],
  })),
  {
    name: 'OPTIONS of an absolute-form target without a path is OPTIONS *',
    source: 'RFC 9112 §3.2.4',
    bytes: request('OPTIONS http://a HTTP/1.1', 'Host: a'),
    expected: [forwarded('OPTIONS', '*')],
  },
  {
    name: 'HTTP/1.0 with an absolute-form target and no Host',
    source: 'RFC 9112 §3.2.2',
    bytes: request('GET http://A:81/x HTTP/1.0'),
    expected: [forwarded('GET', '/x', '', { has: ['Host: a:81'] })],
    closes: true,
  },
];

export const HOSTS: readonly RequestCase[] = [...BAD_HOSTS, ...BAD_ABSOLUTE, ...VALID];
