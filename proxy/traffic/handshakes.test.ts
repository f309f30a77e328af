import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { Handshakes } from './handshakes.ts';

const RULES = { redirectPort: 0, hsts: '', http2: false, paths: undefined };

for (const [what, ending, expected] of [
  ['is a failure: the client has gone', false, [['closed', '', '']]],
  ['is nothing at a shutdown', true, []],
] as const) {
  test(`a handshake that is done on a connection which is no more ${what}`, () => {
    const failures: string[][] = [];
    const handshakes = new Handshakes({
      limit: () => 1,
      onDone: () => assert.fail('there is nobody to serve'),
      onFailed: (...failure) => failures.push(failure),
      onGone: () => {},
    });
    if (ending) handshakes.end();
    const secure = new TLSSocket(new Socket());
    handshakes.done(secure, RULES);
    assert.equal(secure.destroyed, true);
    assert.deepEqual(failures, expected);
  });
}
