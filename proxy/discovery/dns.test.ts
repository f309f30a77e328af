/** What a real name server says, and what follows from it. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { DnsSourceConfig } from '../../config/discovery-schema.ts';
import { proxySchema } from '../../config/proxy-schema.ts';
import { DnsWatch } from './dns-watch.ts';
import { type Endpoint, type Found, findEndpoints } from './endpoints.ts';
import { NSD_SKIP, Nsd, ZONE } from './testing/nsd.ts';

const SERVICE = `_http._tcp.nodes.${ZONE}`;
/** More than a datagram holds. */
const MANY = Array.from({ length: 100 }, (_, n) => n);

const RECORDS = [
  '_http._tcp.nodes 7 SRV 10 1 8700 CB-1.nodes',
  '_http._tcp.nodes 7 SRV 0 9 8701 cb-0.nodes',
  'cb-0.nodes 9 A 127.0.0.1',
  'cb-1.nodes 5 A 127.0.0.2',
  'cb-1.nodes 3 AAAA ::1',
  '_six._tcp.nodes 60 SRV 0 0 8700 six.nodes',
  'six.nodes 50 AAAA fd00::6',
  '_alias._tcp.nodes 70 CNAME _six._tcp.nodes',
  '_dangling._tcp.nodes SRV 0 0 8700 none.nodes',
  '_dangling._tcp.nodes SRV 0 0 8700 cb-0.nodes',
  '_dangling._tcp.nodes SRV 0 0 0 cb-1.nodes',
  '_none._tcp.nodes SRV 0 0 0 .',
  'hosts 40 A 127.0.0.9',
  'hosts 40 A 127.0.0.10',
  'hosts AAAA fd00::1',
  'www 2 CNAME web',
  'web 30 CNAME hosts',
  'zero 0 A 127.0.0.1',
  ...MANY.map((n) => `_many._tcp.nodes SRV 0 0 ${9000 + n} many-${n}.nodes`),
  ...MANY.map((n) => `many-${n}.nodes A 127.0.1.${n}`),
];

function sourceOf(options: object): DnsSourceConfig {
  const [source] = proxySchema.parse({ discovery: { dns: [options] } }).discovery.dns;
  assert.ok(source);
  return source;
}

function find(
  nsd: Nsd,
  source: object,
  { search = [] as readonly string[], ndots = 1, most = 256 } = {},
): Promise<Found> {
  return findEndpoints(sourceOf(source), { search, ndots }, most, {
    servers: [{ host: '127.0.0.1', port: nsd.port }],
    timeoutMs: 60_000,
    signal: new AbortController().signal,
  });
}

function textOf(found: Found): unknown {
  if (!found.ok) return `${found.failure}: ${found.why}`;
  return { found: found.endpoints.map(shown), ttl: found.ttl, passed: found.passed };
}

function shown({ address, port, target }: Endpoint): string {
  return `${target.replace(`.${ZONE}`, '')} ${address} ${port}`;
}

describe('a name server', { skip: NSD_SKIP }, () => {
  it('tells nodes by SRV, A and AAAA records, with the shortest TTL of all that led there', async (t) => {
    const nsd = await Nsd.start(t, RECORDS);
    const told = async (source: object, system?: object) => textOf(await find(nsd, source, system));
    assert.deepEqual(await told({ name: SERVICE }), {
      found: ['cb-0.nodes 127.0.0.1 8701', 'cb-1.nodes 127.0.0.2 8700'],
      ttl: 5,
      passed: [],
    });
    assert.deepEqual(await told({ name: `_ALIAS._tcp.nodes.${ZONE}.` }), {
      found: ['six.nodes fd00::6 8700'],
      ttl: 50,
      passed: [],
    });
    assert.deepEqual(await told({ name: `hosts.${ZONE}`, type: 'A', port: 8700 }), {
      found: [' 127.0.0.10 8700', ' 127.0.0.9 8700'],
      ttl: 40,
      passed: [],
    });
    assert.deepEqual(await told({ name: `www.${ZONE}`, type: 'A', port: 1 }), {
      found: [' 127.0.0.10 1', ' 127.0.0.9 1'],
      ttl: 2,
      passed: [],
    });
    assert.deepEqual(await told({ name: `hosts.${ZONE}`, type: 'AAAA', port: 8700 }), {
      found: [' fd00::1 8700'],
      ttl: 1,
      passed: [],
    });
    assert.deepEqual(
      await told({ name: 'hosts', type: 'AAAA', port: 2 }, { search: ['none.test', `nodes.${ZONE}`, ZONE] }),
      'refused: AAAA hosts.none.test: name server 127.0.0.1 port PORT says REFUSED'.replace('PORT', String(nsd.port)),
    );
    assert.deepEqual(
      await told({ name: '_six._tcp', type: 'SRV' }, { search: [`x.${ZONE}`, `nodes.${ZONE}`], ndots: 5 }),
      {
        found: ['six.nodes fd00::6 8700'],
        ttl: 50,
        passed: [],
      },
    );
  });

  it('has more to tell than a datagram holds, and tells it by TCP', async (t) => {
    const nsd = await Nsd.start(t, RECORDS);
    const found = await find(nsd, { name: `_many._tcp.nodes.${ZONE}` });
    assert.ok(found.ok);
    assert.equal(found.endpoints.length, MANY.length);
    assert.deepEqual(found.endpoints.map(shown).slice(0, 2), [
      'many-0.nodes 127.0.1.0 9000',
      'many-1.nodes 127.0.1.1 9001',
    ]);
    assert.equal(
      textOf(await find(nsd, { name: `_many._tcp.nodes.${ZONE}` }, { most: 99 })),
      'too-many: expected at most discovery.maxNodes (99) nodes, got 100',
    );
  });

  it('tells what is of no use', async (t) => {
    const nsd = await Nsd.start(t, RECORDS);
    const told = async (source: object) => textOf(await find(nsd, source));
    assert.deepEqual(await told({ name: `_dangling._tcp.nodes.${ZONE}` }), {
      found: ['cb-0.nodes 127.0.0.1 8700'],
      ttl: 1,
      passed: [
        `cb-1.nodes.${ZONE}:0, the target of an SRV record, is no host with a port`,
        `none.nodes.${ZONE}, the target of an SRV record, has no address`,
      ],
    });
    const server = `name server 127.0.0.1 port ${nsd.port}`;
    for (const name of [`_none._tcp.nodes.${ZONE}`, `nobody.${ZONE}`, `hosts.${ZONE}`]) {
      assert.equal(await told({ name }), `empty: SRV ${name}: no node, as ${name}`);
    }
    assert.equal(await told({ name: 'a.example' }), `refused: SRV a.example: ${server} says REFUSED`);
  });

  it('is asked again when its TTL is over, and is believed until it says otherwise', async (t) => {
    const nsd = await Nsd.start(t, ['zero 0 A 127.0.0.1', 'long 3600 A 127.0.0.1']);
    const { watch, answered } = watchOf(t, { name: `zero.${ZONE}`, servers: [nsd.address], minTtl: '100ms' });
    // The TTL says never; what follows would not happen without a bound.
    const long = watchOf(t, { name: `long.${ZONE}`, servers: [nsd.address], minTtl: '100ms', maxTtl: '1s' });
    await Promise.all([watch.start(), long.watch.start()]);
    const known = ({ endpoints }: DnsWatch) => endpoints.map(({ address }) => address);
    assert.deepEqual(known(watch), ['127.0.0.1']);

    await nsd.write(['zero 0 A 127.0.0.1', 'zero 0 A 127.0.0.2', 'long 3600 A 127.0.0.3']);
    await answered(() => known(watch).length === 2);
    await long.answered(() => known(long.watch)[0] === '127.0.0.3');

    await nsd.write(['long 3600 A 127.0.0.3']);
    await answered(() => watch.report.failing !== undefined);
    assert.match(watch.report.failing ?? '', /^A zero\.cobrowse\.test: no node/);
    assert.deepEqual(known(watch), ['127.0.0.1', '127.0.0.2'], 'an answer without nodes is no reason to have none');

    await nsd.write(['zero 0 A 127.0.0.2', 'long 3600 A 127.0.0.3']);
    await answered(() => watch.report.failing === undefined);
    assert.deepEqual(known(watch), ['127.0.0.2']);

    await nsd.stop();
    await answered(() => watch.report.counts.unreachable > 0);
    assert.match(watch.report.failing ?? '', /cannot be reached: ECONNREFUSED/);
    assert.deepEqual(known(watch), ['127.0.0.2']);
    assert.ok(watch.report.succeededAt !== undefined && watch.report.counts.ok >= 3 && watch.report.counts.empty >= 1);
  });
});

function watchOf(t: TestContext, source: object) {
  let onAnswer = (): void => {};
  const watch = new DnsWatch(sourceOf({ type: 'A', port: 8700, ...source }), 256, {
    system: () => ({ servers: [], search: [], ndots: 1 }),
    held: undefined,
    onAnswer: () => onAnswer(),
  });
  // Its timer alone does not keep the process alive.
  const alive = setInterval(() => {}, 1000);
  t.after(() => {
    clearInterval(alive);
    watch.stop();
  });
  const answered = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      onAnswer = () => {
        if (holds()) resolve();
      };
      onAnswer();
    });
  return { watch, answered };
}
