import assert from 'node:assert/strict';
import test from 'node:test';
import type { Address } from '../anchor/messages.ts';
import { ListenerSockets, type PreparedSockets } from './listener-sockets.ts';

/** An anchor that opens whatever is asked for, but for the port 1. */
class Anchor {
  readonly open = new Map<number, Address>();
  #lastId = 0;

  async hold(addresses: readonly Address[]) {
    if (addresses.some(({ port }) => port === 1)) throw new Error('not permitted');
    return addresses.map(({ host, port }) => {
      const socket = { id: ++this.#lastId, host, port: port || 40_000 + this.#lastId };
      this.open.set(socket.id, socket);
      return socket;
    });
  }

  release(ids: readonly number[]): void {
    for (const id of ids) this.open.delete(id);
  }
}

const at = (port: number): Address => ({ host: '127.0.0.1', port });

function ids({ sockets }: PreparedSockets): readonly number[] {
  return sockets.map(({ id }) => id);
}

function openIds({ open }: Anchor): readonly number[] {
  return [...open.keys()];
}

test('who listens as before keeps the socket; what is new is opened, what is left is released at the commit', async () => {
  const anchor = new Anchor();
  const listeners = new ListenerSockets(anchor);
  const first = await listeners.prepare([at(8000), at(0)]);
  first.commit();
  assert.deepEqual(ids(first), [1, 2]);
  const second = await listeners.prepare([at(9000), at(0)]);
  assert.deepEqual(ids(second), [3, 2]);
  assert.deepEqual(openIds(anchor), [1, 2, 3]);
  second.commit();
  assert.deepEqual(openIds(anchor), [2, 3]);
  assert.deepEqual(listeners.current, second.sockets);
});

test('two listeners that ask for any port have two sockets', async () => {
  const listeners = new ListenerSockets(new Anchor());
  const prepared = await listeners.prepare([at(0), at(0)]);
  assert.equal(new Set(ids(prepared)).size, 2);
});

test('what is discarded, or cannot be had, leaves all as it was', async () => {
  const anchor = new Anchor();
  const listeners = new ListenerSockets(anchor);
  const first = await listeners.prepare([at(8000)]);
  first.commit();
  (await listeners.prepare([at(9000)])).discard();
  await assert.rejects(listeners.prepare([at(1)]));
  assert.deepEqual(openIds(anchor), [1]);
  assert.deepEqual(listeners.current, first.sockets);
});

test('another primary goes on with the sockets of the one before', async () => {
  const anchor = new Anchor();
  const before = new ListenerSockets(anchor);
  (await before.prepare([at(8000), at(0)])).commit();
  const after = new ListenerSockets(anchor, [...before.current]);
  assert.deepEqual(ids(await after.prepare([at(0), at(8000)])), [2, 1]);
  after.releaseAll();
  assert.deepEqual(openIds(anchor), []);
});
