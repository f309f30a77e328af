import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { describeListenError } from './listen-error.ts';

async function errorOfListening(host: string, port: number): Promise<unknown> {
  const server = createServer().listen(port, host);
  const [error] = await once(server, 'error');
  return error;
}

test('an address of another machine', async () => {
  const text = describeListenError(await errorOfListening('192.0.2.1', 8700));
  assert.equal(
    text,
    'cannot listen on 192.0.2.1:8700: no such address here; expected one of this machine, see --host and --metrics-host',
  );
});

test('a port that is in use, on IPv6', () => {
  const error = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', address: '::1', port: 8700 });
  assert.match(describeListenError(error), /^cannot listen on \[::1\]:8700: the port is in use; /);
});

test('a name that does not resolve', () => {
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere'), { code: 'ENOTFOUND', hostname: 'nowhere' });
  assert.match(describeListenError(error), /^cannot listen on nowhere: no such address here; /);
});

test('anything else is one line', () => {
  assert.equal(describeListenError(new Error('one\n  two')), 'cannot start: one two');
  assert.equal(describeListenError('text'), 'cannot start: text');
});
