import assert from 'node:assert/strict';
import test from 'node:test';
import { describeError } from './describe-error.ts';

function systemError(differences: object): Error {
  return Object.assign(new Error('listen FAILED'), { syscall: 'listen', ...differences });
}

for (const { error, message } of [
  {
    error: systemError({ code: 'EADDRINUSE', address: '127.0.0.1', port: 8700 }),
    message: 'cannot listen on 127.0.0.1:8700: the address is already in use',
  },
  {
    error: systemError({ code: 'EADDRINUSE', address: '::1', port: 8700 }),
    message: 'cannot listen on [::1]:8700: the address is already in use',
  },
  {
    error: systemError({ code: 'EACCES', syscall: 'bind', address: '0.0.0.0', port: 80 }),
    message: 'cannot listen on 0.0.0.0:80: not permitted',
  },
  {
    error: systemError({ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'no-such-host' }),
    message: 'cannot listen on no-such-host: no such host',
  },
  { error: new Error('first line\n    second line'), message: 'first line second line' },
  { error: new TypeError(), message: 'TypeError' },
  { error: 'text\r\nmore', message: 'text more' },
]) {
  test(`for the operator: ${message}`, () => {
    assert.equal(describeError(error).message, message);
  });
}
