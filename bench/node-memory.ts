/**
 * Memory of a live session in a node with the memory store, without its connections:
 *
 *     node --expose-gc --import tsx bench/node-memory.ts [sessions]
 */
import assert from 'node:assert/strict';
import { MemorySessionStore } from '../node/sessions/memory-store.ts';
import { SessionService } from '../node/sessions/service.ts';
import { CONTROLLER, CUSTOMER } from '../node/sessions/session.ts';

const sessions = Number(process.argv[2] ?? 20_000);
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
function heapUsed(): number {
  assert.ok(globalThis.gc, 'run it with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

assert.ok(Number.isSafeInteger(sessions) && sessions > 0, 'expected a number of sessions');
for (const { name, add } of MEASUREMENTS) {
  const service = new SessionService({
    store: new MemorySessionStore({ maxHistories: sessions }),
    serverName: 'CB_Server_1',
  });
  const before = heapUsed();
  for (let i = 0; i < sessions; i++) await add(service);
  const bytes = (heapUsed() - before) / sessions;
  assert.equal(service.counts().live, sessions);
  console.log(`${name}: ${Math.round(bytes)} bytes per session`);
}
