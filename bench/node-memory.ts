/**
 * Memory of a live session in a node with the memory store: alone, and of the clients that are connected to it.
 *
 *     node --expose-gc dist/bench/node-memory.js [sessions] [sessions with clients]
 *
 * What is counted is the heap and the buffers outside of it, without what the kernel has for sockets.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LIVE_DEFAULTS, type LiveOptions } from '../node/live/options.ts';
import { type CobrowseNode, startNode } from '../node/server.ts';
import { MemorySessionStore } from '../node/sessions/memory-store.ts';
import { SessionService } from '../node/sessions/service.ts';
import { CONTROLLER, CUSTOMER } from '../node/sessions/session.ts';

const sessions = Number(process.argv[2] ?? 20_000);
const connected = Number(process.argv[3] ?? 1_000);
const PAGES = 5;

interface Measurement {
  readonly name: string;
  /** Brings one more session into the state to be measured. */
  add(service: SessionService): Promise<void>;
}

const MEASUREMENTS: readonly Measurement[] = [
  {
    name: 'inactive, nobody joined',
    add: async (service) => {
      await create(service);
    },
  },
  {
    name: 'active, customer and controller',
    add: async (service) => {
      await activate(service);
    },
  },
  {
    name: `the same, with ${PAGES} pages of history`,
    add: async (service) => {
      const token = await activate(service);
      for (let page = 1; page <= PAGES; page++) {
        const outcome = await service.recordPage(token, `https://shop.example.com/catalogue/article-${page}`);
        assert.equal(outcome, 'recorded');
      }
    },
  },
];

async function create(service: SessionService): Promise<string> {
  const created = await service.create();
  assert.ok(created.outcome === 'created');
  return created.session.sessionToken;
}

async function activate(service: SessionService): Promise<string> {
  const token = await create(service);
  for (const role of [CUSTOMER, CONTROLLER] as const) {
    assert.equal((await service.join(token, role, 'Jane Doe')).outcome, 'joined');
  }
  return token;
}

/** Bytes in use after a full collection. */
function bytesUsed(): number {
  assert.ok(globalThis.gc, 'run it with --expose-gc');
  // What finalizers let go, only the second finds.
  for (let i = 0; i < 2; i++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function measureAlone({ name, add }: Measurement): Promise<number> {
  const service = new SessionService({
    store: new MemorySessionStore({ maxHistories: sessions }),
    serverName: 'CB_Server_1',
  });
  const before = bytesUsed();
  for (let i = 0; i < sessions; i++) await add(service);
  const bytes = (bytesUsed() - before) / sessions;
  assert.equal(service.counts().live, sessions);
  console.log(`${name}: ${Math.round(bytes)} bytes per session`);
  return bytes;
}

const CLIENTS = fileURLToPath(new URL('node-memory-clients.js', import.meta.url));
/** Some first, so that what is made once is not counted. */
const WARM_UP = 20;
const POLL_MS = 20;

/** No client is to be refused, nor to ask again, while they are counted. */
const PATIENT: LiveOptions = {
  ...LIVE_DEFAULTS,
  timeoutMs: 600_000,
  maxClients: Number.MAX_SAFE_INTEGER,
  handshakesPerSecond: 1_000_000,
  handshakeBurst: 1_000_000,
};

type Transport = 'websocket' | 'long-polling';

/** @param alone bytes of a session with the same participants, which are not counted */
async function measureClients(transport: Transport, what: string, alone: number): Promise<void> {
  const node = await startNode({ port: 0, live: PATIENT, maxSessions: 0, drainDeadlineMs: 0 });
  const clients: ChildProcess[] = [];
  try {
    clients.push(await connect(node, transport, WARM_UP));
    const before = bytesUsed();
    clients.push(await connect(node, transport, connected));
    const bytes = (bytesUsed() - before) / connected;
    assert.equal(node.live.counts.clients, 2 * (WARM_UP + connected));
    console.log(`${what}: ${Math.round((bytes - alone) / 2)} bytes per client`);
  } finally {
    for (const child of clients) child.kill();
    await node.stop(0);
  }
}

/** Resolves when the two clients of each session have their connects held. */
async function connect(node: CobrowseNode, transport: Transport, count: number): Promise<ChildProcess> {
  const polls = node.live.counts.heldPolls + (transport === 'long-polling' ? 2 * count : 0);
  const child = fork(CLIENTS, [`${node.url}/cometd`, transport, String(count)]);
  const failed = once(child, 'exit').then(([code]) => assert.fail(`the clients ended with exit code ${code}`));
  failed.catch(() => {});
  await Promise.race([once(child, 'message'), failed]);
  while (node.live.counts.heldPolls < polls) await setTimeout(POLL_MS);
  return child;
}

for (const count of [sessions, connected]) {
  assert.ok(Number.isSafeInteger(count) && count > 0, 'expected a number of sessions');
}
const alone: number[] = [];
for (const measurement of MEASUREMENTS) alone.push(await measureAlone(measurement));
const [, active = 0] = alone;
await measureClients('websocket', 'connected by WebSocket, beyond its session', active);
await measureClients('long-polling', 'connected by long polling, its poll held, beyond its session', active);
