import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { compiled } from '../../config/testing/compiled.ts';
import type { HeldSockets } from './held-sockets.ts';
import type { Address, HeldSocket } from './messages.ts';

const program: typeof import('./held-sockets.ts') = await import(
  compiled(new URL('./held-sockets.ts', import.meta.url))
);

const ANY = { host: '127.0.0.1', port: 0 };

function socketsFor(t: TestContext): HeldSockets {
  const sockets = new program.HeldSockets();
  t.after(() => sockets.close());
  return sockets;
}

async function holdOne(sockets: HeldSockets, address: Address = ANY): Promise<HeldSocket> {
  const outcome = await sockets.hold([address]);
  assert.ok(outcome.ok);
  const [socket] = outcome.sockets;
  assert.ok(socket);
  return socket;
}

async function connectTo(t: TestContext, { host, port }: Address): Promise<Socket> {
  const socket = connect(port, host);
  t.after(() => socket.destroy());
  // That of a socket whose listener is closed before anybody accepted.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** A process that accepts on an inherited socket, greets with its pid and closes. */
function acceptOn(t: TestContext, sockets: HeldSockets, ids: readonly number[]) {
  const greeter = "require('node:net').createServer((s) => s.end(String(process.pid))).listen({ fd: 4 })";
  const child = spawn(process.execPath, ['-e', greeter], {
    stdio: ['ignore', 'inherit', 'inherit', 'ignore', ...sockets.descriptors(ids)],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function greeting(socket: Socket): Promise<string> {
  const [data] = await once(socket, 'data');
  return String(data);
}

test('who connects while nobody accepts waits for the next one that does, and is not refused', async (t) => {
  const sockets = socketsFor(t);
  const held = await holdOne(sockets);
  const early = await connectTo(t, held);
  const first = acceptOn(t, sockets, [held.id]);
  assert.equal(await greeting(early), String(first.pid));
  first.kill('SIGKILL');
  await once(first, 'exit');
  const between = await connectTo(t, held);
  const second = acceptOn(t, sockets, [held.id]);
  assert.equal(await greeting(between), String(second.pid));
});

test('a socket that is released refuses', async (t) => {
  const sockets = socketsFor(t);
  const held = await holdOne(sockets);
  sockets.release([held.id]);
  // Orders are followed in turn: what is opened now was asked for after the release.
  await holdOne(sockets);
  await assert.rejects(connectTo(t, held), { code: 'ECONNREFUSED' });
  assert.deepEqual(sockets.descriptors([held.id]), []);
});

test('all or none: a busy one leaves the others closed, and is named', async (t) => {
  const sockets = socketsFor(t);
  const busy = await holdOne(sockets);
  const free = await holdOne(sockets);
  sockets.release([free.id]);
  const wanted = [
    { host: free.host, port: free.port },
    { host: busy.host, port: busy.port },
  ];
  const outcome = await sockets.hold(wanted);
  assert.ok(!outcome.ok);
  assert.deepEqual(outcome.address, wanted[1]);
  assert.equal(outcome.problem.code, 'EADDRINUSE');
  await holdOne(sockets);
  await assert.rejects(connectTo(t, free), { code: 'ECONNREFUSED' });
});

test('a name is looked up, and one that is not known is a problem', async (t) => {
  const sockets = socketsFor(t);
  await connectTo(t, await holdOne(sockets, { host: 'localhost', port: 0 }));
  const outcome = await sockets.hold([{ host: 'no-such-host.invalid', port: 0 }]);
  assert.ok(!outcome.ok);
  assert.match(outcome.problem.code, /ENOTFOUND|EAI_AGAIN/);
});
