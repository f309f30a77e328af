import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { setImmediate as turnEnd } from 'node:timers/promises';
import { WriteBatch } from './write-batch.ts';

/** Streams that write down together what each of them lets out, in order. */
function streams(count: number): { readonly sockets: Writable[]; readonly out: string[] } {
  const out: string[] = [];
  const sockets = Array.from({ length: count }, (_, index) => {
    return new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        out.push(`${index} ${chunk}`);
        done();
      },
      final(done) {
        out.push(`${index} end`);
        done();
      },
    });
  });
  return { sockets, out };
}

describe('writes of one turn', () => {
  it('go out at its end, in order', async () => {
    const { sockets, out } = streams(3);
    const batch = new WriteBatch();
    for (const socket of sockets) {
      batch.hold(socket);
      socket.write('a');
      batch.hold(socket);
      socket.write('b');
    }
    assert.deepEqual(out, []);
    await turnEnd();
    assert.deepEqual(out, ['0 a', '0 b', '1 a', '1 b', '2 a', '2 b']);
    for (const socket of sockets) socket.write('c');
    assert.deepEqual(out.slice(6), ['0 c', '1 c', '2 c']);
  });

  it('of many sockets go out before, so that none waits for a long turn', async () => {
    const { sockets, out } = streams(100);
    const batch = new WriteBatch();
    let most = 0;
    for (const [index, socket] of sockets.entries()) {
      batch.hold(socket);
      socket.write('a');
      most = Math.max(most, index + 1 - out.length);
    }
    assert.ok(most <= 32, `${most} were held`);
    await turnEnd();
    assert.deepEqual(
      out,
      sockets.map((_, index) => `${index} a`),
    );
  });

  it('go out with the end of their socket, and not at all when it is destroyed', async () => {
    const { sockets, out } = streams(2);
    const batch = new WriteBatch();
    const [ended, destroyed] = sockets;
    for (const socket of sockets) {
      batch.hold(socket);
      socket.write('a');
    }
    ended?.end();
    destroyed?.destroy();
    assert.deepEqual(out, ['0 a', '0 end']);
    await turnEnd();
    assert.deepEqual(out, ['0 a', '0 end']);
  });

  it('are sent before those hear of it who wait for them', async () => {
    const { sockets, out } = streams(100);
    const batch = new WriteBatch();
    for (const [index, socket] of sockets.entries()) {
      batch.hold(socket);
      socket.write('a');
      batch.whenSent({ onSent: () => out.push(`${index} told`) });
    }
    await turnEnd();
    for (const index of sockets.keys()) {
      const sent = out.indexOf(`${index} a`);
      assert.ok(sent >= 0 && sent < out.indexOf(`${index} told`), `${index}`);
    }
    assert.equal(out.length, 200);
    batch.whenSent({ onSent: () => out.push('nothing is held') });
    assert.equal(out.at(-1), 'nothing is held');
  });

  it('are sent turn for turn', async () => {
    const { sockets, out } = streams(1);
    const batch = new WriteBatch();
    for (const text of ['a', 'b', 'c']) {
      for (const socket of sockets) {
        batch.hold(socket);
        socket.write(text);
      }
      await turnEnd();
      assert.equal(out.at(-1), `0 ${text}`);
    }
  });
});
