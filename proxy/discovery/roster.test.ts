/** Which nodes there are: what is configured, what is found, and what is found no more. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { proxySchema } from '../../config/proxy-schema.ts';
import type { PoolNode } from '../pool/pool-node.ts';
import { sourceText } from './dns-watch.ts';
import type { Endpoint } from './endpoints.ts';
import { rosterOf } from './roster.ts';

const SRV = { name: '_http._tcp.nodes.test' };
const NOW = 1000;

function at(target: string, address = '10.0.0.1', port = 8700): Endpoint {
  return { target, address, port };
}

/** `found`: what each of `dns` knows. */
function roster(
  options: {
    readonly dns?: readonly object[];
    readonly nodes?: readonly object[];
    readonly maxNodes?: number;
    readonly nodeTls?: object;
  },
  found: readonly (readonly Endpoint[])[] = [],
  before: readonly PoolNode[] = [],
) {
  const { dns = [SRV], nodes = [], maxNodes = 256, nodeTls } = options;
  const config = proxySchema.parse({ nodes, discovery: { dns, maxNodes }, ...(nodeTls && { nodeTls }) });
  const bySource = new Map(config.discovery.dns.map((source, index) => [sourceText(source), found[index] ?? []]));
  return rosterOf({ config, endpointsOf: (source) => bySource.get(sourceText(source)) ?? [], before, now: NOW });
}

function shown({ nodes }: ReturnType<typeof roster>): readonly string[] {
  return nodes.map(
    ({ name, url, withdrawn }) => `${name} ${url.authority}${withdrawn === undefined ? '' : ' withdrawn'}`,
  );
}

describe('a node that is found', () => {
  it('is called by its record, so that each proxy calls it the same', () => {
    const pods = [at('cb-0.nodes.ns.svc', '10.0.0.1'), at('cb-1.nodes.ns.svc', 'fd00::1', 1)];
    assert.deepEqual(shown(roster({}, [pods])), ['cb-0 10.0.0.1:8700', 'cb-1 [fd00::1]:1']);
    const named = (nodeName: string, type = 'SRV') =>
      roster({ dns: [{ ...SRV, nodeName, type, ...(type !== 'SRV' && { port: 1 }) }] }, [pods]).nodes.map(
        ({ name }) => name,
      );
    assert.deepEqual(named('CB_{label}.{port}'), ['CB_cb-0.8700', 'CB_cb-1.1']);
    assert.deepEqual(named('{target}'), ['cb-0.nodes.ns.svc', 'cb-1.nodes.ns.svc']);
    assert.deepEqual(named('n-{address}', 'A'), ['n-10-0-0-1', 'n-fd00--1']);
  });

  it('has what its source says of all', () => {
    const source = {
      ...SRV,
      scheme: 'https',
      base: '/gcb',
      serverUrl: 'https://{name}.example.com/gcb',
      weight: 3,
      maxConnections: 7,
    };
    const [node] = roster({ dns: [source] }, [[at('cb-0.test')]]).nodes;
    assert.deepEqual(node, {
      name: 'cb-0',
      url: { scheme: 'https', host: '10.0.0.1', port: 8700, authority: '10.0.0.1:8700', base: '/gcb' },
      serverUrl: { url: 'https://cb-0.example.com/gcb', authority: 'cb-0.example.com', prefix: '/gcb' },
      weight: 3,
      maxConnections: 7,
      tls: { serverName: 'cb-0.test' },
      source: 'SRV _http._tcp.nodes.test',
    });
    const nodeTls = { serverName: 'nodes.internal' };
    assert.deepEqual(roster({ dns: [source], nodeTls }, [[at('cb-0.test')]]).nodes[0]?.tls, nodeTls);
  });

  it('is refused where no node can be, or may be', () => {
    const addresses = [
      '0.0.0.0',
      '169.254.169.254',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::ffff:10.0.0.1',
      'fe80::1',
      'ff02::1',
    ];
    const found = addresses.map((address, n) => at(`cb-${n}.test`, address));
    const { nodes, refusals } = roster({}, [found]);
    assert.deepEqual([nodes, refusals.length], [[], addresses.length]);
    assert.equal(refusals[1], 'cb-1 has the address 169.254.169.254, which no node has');
    const dns = [{ ...SRV, networks: ['10.1.0.0/16', 'fd00::/8'] }];
    const listed = roster({ dns }, [[at('a.test', '10.1.2.3'), at('b.test', '127.0.0.1'), at('c.test', 'fd00::1')]]);
    assert.deepEqual(shown(listed), ['a 10.1.2.3:8700', 'c [fd00::1]:8700']);
    assert.deepEqual(listed.refusals, ['b has the address 127.0.0.1, outside its networks']);
  });

  it('does not take what is another node’s already: what the configuration has comes first, then the order of the sources', () => {
    const nodes = [{ name: 'cb-0', url: 'http://10.0.0.9:8700' }];
    const dns = [SRV, { ...SRV, name: 'other.test' }];
    const told = roster({ nodes, dns }, [
      [at('cb-0.a', '10.0.0.1'), at('cb-1.a', '10.0.0.9'), at('cb-2.a', '10.0.0.2'), at('cb-2.b', '10.0.0.3')],
      [at('cb-3.a', '10.0.0.2'), at('cb-4.a', '10.0.0.4')],
    ]);
    assert.deepEqual(shown(told), ['cb-0 10.0.0.9:8700', 'cb-2 10.0.0.2:8700', 'cb-4 10.0.0.4:8700']);
    assert.deepEqual(told.refusals, [
      "cb-0 of SRV _http._tcp.nodes.test has what is cb-0's already: name cb-0",
      "cb-1 of SRV _http._tcp.nodes.test has what is cb-0's already: address 10.0.0.9:8700",
      "cb-2 of SRV _http._tcp.nodes.test has what is cb-2's already: name cb-2",
      "cb-3 of SRV other.test has what is cb-2's already: address 10.0.0.2:8700",
    ]);
  });

  it('is one of no more than there may be', () => {
    const told = roster({ dns: [SRV, { ...SRV, name: 'b.test' }], maxNodes: 2 }, [
      [at('cb-0.a', '10.0.0.1')],
      [at('cb-1.a', '10.0.0.2'), at('cb-2.a', '10.0.0.3')],
    ]);
    assert.deepEqual(shown(told), ['cb-0 10.0.0.1:8700', 'cb-1 10.0.0.2:8700']);
    assert.deepEqual(told.refusals, ['cb-2 of SRV b.test is one more than discovery.maxNodes']);
  });
});

describe('a node that is found no more', () => {
  const [a, b] = roster({}, [[at('a.test', '10.0.0.1'), at('b.test', '10.0.0.2')]]).nodes;

  it('stays, withdrawn since then, until it is found again or another has its address', () => {
    assert.ok(a && b);
    const without = roster({}, [[at('a.test', '10.0.0.1')]], [a, b]);
    assert.deepEqual(shown(without), ['a 10.0.0.1:8700', 'b 10.0.0.2:8700 withdrawn']);
    const later = roster(
      {},
      [[at('a.test', '10.0.0.1')]],
      without.nodes.map((node) => ({ ...node, ...(node.withdrawn && { withdrawn: 1 }) })),
    );
    assert.equal(later.nodes[1]?.withdrawn, 1);
    assert.deepEqual(shown(roster({}, [[at('a.test', '10.0.0.1'), at('b.test', '10.0.0.3')]], without.nodes)), [
      'a 10.0.0.1:8700',
      'b 10.0.0.3:8700',
    ]);
    assert.deepEqual(shown(roster({}, [[at('c.test', '10.0.0.2')]], without.nodes)), [
      'c 10.0.0.2:8700',
      'a 10.0.0.1:8700 withdrawn',
    ]);
  });

  it('is gone at once when it was the configuration itself that had it', () => {
    const [own] = roster({ nodes: [{ name: 'own', url: 'http://10.0.0.1' }] }).nodes;
    assert.ok(own && b);
    assert.deepEqual(shown(roster({}, [], [own, b])), ['b 10.0.0.2:8700 withdrawn']);
  });
});
