import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidatesFor, parseResolvConf, readResolvConf } from './resolv-conf.ts';

test('what Kubernetes writes, and what people do, is read as the C library reads it', () => {
  const kubernetes = parseResolvConf(
    'nameserver 10.96.0.10\nsearch cobrowse.svc.cluster.local svc.cluster.local. cluster.local\noptions ndots:5 timeout:1\n',
  );
  assert.deepEqual(kubernetes, {
    servers: [{ host: '10.96.0.10', port: 53 }],
    search: ['cobrowse.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
    ndots: 5,
  });
  const crowded = parseResolvConf(
    '# nameserver 1.1.1.1\ndomain a\nsearch b ; c\n\tnameserver fd00::1\nnameserver x\nnameserver 2.2.2.2 3.3.3.3\nnameserver 4.4.4.4\nnameserver 5.5.5.5\noptions ndots:99 ndots:x',
  );
  assert.deepEqual(crowded, {
    servers: ['fd00::1', '2.2.2.2', '4.4.4.4'].map((host) => ({ host, port: 53 })),
    search: ['b'],
    ndots: 15,
  });
  assert.deepEqual(parseResolvConf(''), { servers: [{ host: '127.0.0.1', port: 53 }], search: [], ndots: 1 });
  assert.deepEqual(readResolvConf('/nowhere'), parseResolvConf(''));
});

test('a name is tried below the search list first or last, by its dots, and never with a dot at its end', () => {
  const system = { search: ['ns.svc', 'svc'], ndots: 5 };
  assert.deepEqual(candidatesFor('_http._tcp.nodes', system), [
    '_http._tcp.nodes.ns.svc',
    '_http._tcp.nodes.svc',
    '_http._tcp.nodes',
  ]);
  assert.deepEqual(candidatesFor('_http._tcp.nodes', { ...system, ndots: 2 }), [
    '_http._tcp.nodes',
    '_http._tcp.nodes.ns.svc',
    '_http._tcp.nodes.svc',
  ]);
  assert.deepEqual(candidatesFor('nodes.example.', system), ['nodes.example']);
});
