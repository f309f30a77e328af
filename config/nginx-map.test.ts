import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { readNginxMap } from './nginx-map.ts';

const read = (text: string) => {
  const reading = readNginxMap(text);
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading;
};

test('a map that names servers: nodes, listeners with TLS, and the base', () => {
  const { ok, ...cluster } = read(`
    http {
      ssl_certificate /etc/nginx/lb.pem; # for all servers
      map $cookie_gcbSessionServer $sticky { default 0; "CB_Server_1" 10.0.0.1:8700; CB_2 [2001:db8::2]:8700; }
      map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      server {
        listen 80; listen [::]:80;
        listen 443 ssl;
        ssl_certificate_key lb.key;
        location /chat/cobrowse/cometd { proxy_pass http://$sticky; }
      }
    }`);
  assert.equal(ok, true);
  assert.deepEqual(cluster, {
    cookie: 'gcbSessionServer',
    nodes: [
      { name: 'CB_Server_1', url: 'http://10.0.0.1:8700/chat/cobrowse' },
      { name: 'CB_2', url: 'http://[2001:db8::2]:8700/chat/cobrowse' },
    ],
    listeners: [
      { host: '0.0.0.0', port: 80 },
      { host: '0.0.0.0', port: 443, tls: { cert: '/etc/nginx/lb.pem', key: 'lb.key' } },
    ],
    base: '/chat/cobrowse',
    notes: [],
  });
});

test('upstreams: the server that is neither backup nor down; scheme and path of proxy_pass', () => {
  const { nodes, base } = read(`
    upstream one { zone one 64k; server 10.0.0.1 weight=5; server 10.0.0.2 backup; keepalive 16; }
    upstream two { server 10.0.0.1 down; server two.example:8443; }
    map $cookie_gcbSessionServer $node { default any; CB_1 one; CB_2 two; }
    server { location /cobrowse { proxy_pass https://\${node}/app/; } }`);
  assert.deepEqual(nodes, [
    { name: 'CB_1', url: 'https://10.0.0.1/app' },
    { name: 'CB_2', url: 'https://two.example:8443/app' },
  ]);
  assert.equal(base, '/cobrowse');
});

test('what is left out is told with its line', () => {
  const { nodes, listeners, notes } = read(`upstream both { server a; server b; }
map $cookie_gcbSessionServer $node {
  hostnames;
  .CB_1 a;
  ~^CB_2$ b;
  ~CB_[34] c;
  CB_5 both;
  CB_6 unix:/run/x.sock;
}
server { listen unix:/run/y.sock; listen 443 ssl; location / { proxy_pass http://$node; } }`);
  assert.deepEqual(
    nodes.map(({ name }) => name),
    ['CB_1', 'CB_2'],
  );
  assert.deepEqual(listeners, []);
  assert.deepEqual(
    notes.map(({ line, message }) => `${line}: ${message}`),
    [
      "6: ~CB_[34]: left out, expected one node's name",
      '7: CB_5: left out, expected one server in upstream both, got 2',
      '8: CB_6: left out, expected the address of a server, got unix:/run/x.sock',
      '2: no location tells the base; it is /cobrowse',
      '10: listen unix:/run/y.sock: left out, expected an address and a port',
      '10: listen 443: left out, expected ssl_certificate and ssl_certificate_key',
    ],
  );
});

for (const [text, line, message] of [
  ['server { }', 1, /expected a map of \$cookie_gcbSessionServer/],
  ['map $cookie_gcbSessionServer $n {\n}', 1, /expected a node/],
  ['map $cookie_gcbSessionServer $n {\n CB_1 @here@; }', 2, /CB_1: left out, expected the address/],
  ['a;\nb {', 2, /ends in the middle/],
  ['a;\n}', 2, /closes nothing/],
  ['a;\n\nb "c', 3, /quote/],
] as const) {
  test(`no cluster: ${JSON.stringify(text)}`, () => {
    const reading = readNginxMap(text);
    assert.ok(!reading.ok);
    assert.equal(reading.line, line);
    assert.match(reading.message, message);
  });
}

test('the NGINX that the benchmarks run is read whole: the first location that tells the base, and nothing left out', () => {
  const sample = readFileSync(new URL('../bench/peers/failover-nginx.conf', import.meta.url), 'utf8');
  const text = sample.replace(/@CB_Server_(\d)@/g, '10.0.0.$1:8700').replace('@PORT@', '8080');
  const { nodes, base, listeners, notes } = read(text);
  assert.deepEqual(
    nodes,
    [1, 2, 3].map((id) => ({ name: `CB_Server_${id}`, url: `http://10.0.0.${id}:8700/cobrowse` })),
  );
  assert.deepEqual([base, listeners, notes], ['/cobrowse', [{ host: '127.0.0.1', port: 8080 }], []]);
});
