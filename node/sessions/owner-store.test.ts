import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { DEFAULT_LIFETIMES } from './lifetimes.ts';
import { OwnerStore } from './owner-store.ts';
import { SessionService } from './service.ts';
import { AGENT, CONTROLLER, CUSTOMER, type Role } from './session.ts';
import { StoreUnavailable } from './store.ts';
import { type Connection, type Link, SharedStore } from './testing/cluster.ts';
import { describeSessionStore } from './testing/store-contract.ts';

const log = pino({ level: 'silent' });

function ownerStore(shared: Connection): OwnerStore {
  return new OwnerStore({ shared, log, retentionMs: DEFAULT_LIFETIMES.retentionMs });
}

describeSessionStore('owner store', async () => ownerStore(new SharedStore().connect('CB_Server_1')));

interface Member {
  readonly link: Connection;
  readonly sessions: SessionService;
  /** Tokens of own sessions whose end was told, with the cause. */
  readonly ends: [token: string, cause: string][];
}

function member(shared: SharedStore, serverName: string): Member {
  const link = shared.connect(serverName);
  const sessions = new SessionService({ store: ownerStore(link), serverName });
  const ends: [string, string][] = [];
  sessions.on('ended', ({ token, cause }) => ends.push([token, cause]));
  return { link, sessions, ends };
}

function cluster() {
  const shared = new SharedStore();
  return { shared, owner: member(shared, 'CB_Server_1'), other: member(shared, 'CB_Server_2') };
}

async function create({ sessions }: Member): Promise<string> {
  const created = await sessions.create();
  assert.ok(created.outcome === 'created');
  return created.session.sessionToken;
}

/** @returns the new user token */
async function join({ sessions }: Member, sessionToken: string, role: Role): Promise<string> {
  const joined = await sessions.join(sessionToken, role, 'someone');
  assert.ok(joined.outcome === 'joined', joined.outcome);
  return joined.participant.userToken;
}

/** What is under way after an event has had all the turns of the loop that it needs: nothing here waits for I/O. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('while the shared store is away', () => {
  for (const link of ['down', 'answerless'] as const) {
    test(`${link}: sessions of the owner go on, and are written when it is back`, async () => {
      const { shared, owner, other } = cluster();
      const sessionToken = await create(owner);
      owner.link.link = link;
      await join(owner, sessionToken, CUSTOMER);
      const controller = await join(owner, sessionToken, CONTROLLER);
      const live = await owner.sessions.getLive(sessionToken);
      assert.equal(live?.participants.length, 2);

      owner.link.link = 'up';
      await settled();
      assert.deepEqual(await shared.data.get(sessionToken), live);
      const stopped = await other.sessions.stop(controller);
      assert.equal(stopped.outcome, 'stopped');
      assert.deepEqual(owner.ends, [[sessionToken, 'stopped']]);
    });

    test(`${link}: none of those who join at once is lost`, async () => {
      const { owner } = cluster();
      const sessionToken = await create(owner);
      owner.link.link = link;
      const users = await Promise.all(Array.from({ length: 8 }, () => join(owner, sessionToken, AGENT)));
      const session = await owner.sessions.getLive(sessionToken);
      assert.deepEqual(session?.participants.map(({ userToken }) => userToken).sort(), users.sort());
    });

    test(`${link}: a session that ends is ended in the store when it is back`, async () => {
      const { owner, other } = cluster();
      const sessionToken = await create(owner);
      const controller = await join(owner, sessionToken, CONTROLLER);
      owner.link.link = link;
      const stopped = await owner.sessions.stop(controller);
      owner.link.link = 'up';
      await settled();
      assert.equal(await other.sessions.getLive(sessionToken), undefined);
      assert.deepEqual(await other.sessions.stop(controller), stopped);
    });
  }

  test('no session is created, and those of others are not answered', async () => {
    const { owner, other } = cluster();
    const foreign = await create(other);
    owner.link.link = 'down';
    await assert.rejects(owner.sessions.create(), StoreUnavailable);
    await assert.rejects(owner.sessions.getLive(foreign), StoreUnavailable);
    await assert.rejects(owner.sessions.stop('x'.repeat(32)), StoreUnavailable);
    assert.deepEqual(owner.sessions.storeStatus(), { state: 'unavailable', forMs: 0 });
  });

  test('another node may stop a session: the owner is told when it is back, and the first end stands', async () => {
    const { owner, other } = cluster();
    const sessionToken = await create(owner);
    const controller = await join(owner, sessionToken, CONTROLLER);
    owner.link.link = 'down';
    await join(owner, sessionToken, AGENT);
    const stopped = await other.sessions.stop(controller);
    assert.deepEqual(owner.ends, []);

    owner.link.link = 'up';
    await settled();
    assert.deepEqual(owner.ends, [[sessionToken, 'stopped']]);
    assert.deepEqual(await owner.sessions.stop(controller), stopped);
    assert.equal(owner.sessions.counts().completed, 1);
  });
});

test('a store that comes back empty is given the live sessions and their histories again', async () => {
  const { shared, owner, other } = cluster();
  const sessionToken = await create(owner);
  await join(owner, sessionToken, AGENT);
  await owner.sessions.recordPage(sessionToken, 'https://shop.example.com/');
  const live = await owner.sessions.getLive(sessionToken);
  assert.ok(live !== undefined);
  owner.link.link = 'down';
  shared.wipe();
  owner.link.link = 'up';
  await settled();
  assert.deepEqual(await other.sessions.getLive(sessionToken), live);
  assert.equal((await other.sessions.findHistory(live.historyId))?.pages.length, 1);
});

test('a change of a session that the store has lost unnoticed puts it back', async () => {
  const { shared, owner, other } = cluster();
  const sessionToken = await create(owner);
  shared.wipe();
  const controller = await join(owner, sessionToken, CONTROLLER);
  assert.equal((await other.sessions.stop(controller)).outcome, 'stopped');
});

test('nobody is taken out of a session by another node, which its owner would not hear of', async () => {
  const { shared, owner, other } = cluster();
  const sessionToken = await create(owner);
  const agent = await join(owner, sessionToken, AGENT);
  await join(owner, sessionToken, CONTROLLER);
  assert.deepEqual(await other.sessions.exit(agent), { outcome: 'user_not_found' });
  assert.deepEqual(await shared.data.get(sessionToken), await owner.sessions.getLive(sessionToken));
  assert.equal((await owner.sessions.exit(agent)).outcome, 'left');
});

test('a token that went to another node while the store had lost it is given up', async () => {
  const { shared, owner } = cluster();
  const token = await create(owner);
  owner.link.link = 'down';
  shared.wipe();
  const taker = new SessionService({
    store: ownerStore(shared.connect('CB_Server_3')),
    serverName: 'CB_Server_3',
    newSessionToken: () => token,
  });
  assert.equal((await taker.create()).outcome, 'created');
  owner.link.link = 'up';
  await settled();
  assert.deepEqual(owner.ends, [[token, 'displaced']]);
  assert.equal((await owner.sessions.getLive(token))?.serverName, 'CB_Server_3');
});

type Step =
  | { readonly type: 'create' | 'wipe' | 'sweep' }
  | { readonly type: 'link'; readonly who: 0 | 1; readonly link: Link }
  | { readonly type: 'join'; readonly session: number; readonly role: Role }
  | { readonly type: 'exit' | 'stop'; readonly who: 0 | 1; readonly user: number };

const who = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constantFrom('create' as const, 'wipe' as const, 'sweep' as const) }),
  fc.record({ type: fc.constant('link' as const), who, link: fc.constantFrom<Link>('up', 'down', 'answerless') }),
  fc.record({
    type: fc.constant('join' as const),
    session: fc.nat({ max: 5 }),
    role: fc.constantFrom<Role>(CUSTOMER, AGENT, CONTROLLER),
  }),
  fc.record({ type: fc.constantFrom('exit' as const, 'stop' as const), who, user: fc.nat({ max: 9 }) }),
);

test('whatever fails in whatever order, owner and store agree in the end, and each end is told once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 25 }), async (rounds) => {
      const { shared, owner, other } = cluster();
      const tokens: string[] = [];
      const users: string[] = [];
      const take = async (each: Step): Promise<void> => {
        switch (each.type) {
          case 'create': {
            const created = await owner.sessions.create();
            if (created.outcome === 'created') tokens.push(created.session.sessionToken);
            return;
          }
          case 'wipe':
            return shared.wipe();
          case 'sweep':
            return owner.sessions.sweep();
          case 'link':
            (each.who === 0 ? owner : other).link.link = each.link;
            return;
          case 'join': {
            const joined = await owner.sessions.join(tokens[each.session] ?? '', each.role, 'someone');
            if (joined.outcome === 'joined') users.push(joined.participant.userToken);
            return;
          }
          default:
            await (each.who === 0 ? owner : other).sessions[each.type](users[each.user] ?? '');
        }
      };
      const unlessAway = (error: unknown): void => {
        if (!(error instanceof StoreUnavailable)) throw error;
      };
      // The steps of a round overlap.
      for (const round of rounds) await Promise.all(round.map((each) => take(each).catch(unlessAway)));
      for (const { link } of [owner, other]) {
        link.link = 'down';
        link.link = 'up';
      }
      await settled();

      assert.equal(new Set(owner.ends.map(([token]) => token)).size, owner.ends.length);
      const { live, cancelled, completed } = owner.sessions.counts();
      assert.equal(live + cancelled + completed, tokens.length);
      assert.equal(owner.ends.length, cancelled + completed);
      let found = 0;
      for (const token of tokens) {
        const seen = await owner.sessions.getLive(token);
        assert.deepEqual(await other.sessions.getLive(token), seen);
        if (seen !== undefined) found++;
      }
      assert.equal(found, live);
    }),
    { numRuns: 300 },
  );
});
