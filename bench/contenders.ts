/** Every contender, in the order in which the tables show them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { BASE, COOKIE, TLS_NAME } from './backend-facts.ts';
import type { RunCertificate } from './harness/certificate.ts';
import type { Contender, Launch, Ports } from './harness/contender.ts';
import { mostClients } from './harness/limits.ts';
import { findBinary, nodeCommand, ROOT } from './harness/process.ts';
import { addressOf, type Place } from './harness/site.ts';

/** Of this proxy, below the directory of its place. */
export const CONFIG_FILE = 'cobrowse-proxy.yaml';
const PROGRAM = join(ROOT, 'dist/proxy/cli.js');
/**
 * For each client, its connection to a node included. NGINX closes clients whose request it has not read yet when less
 * than a sixteenth of its connections is free; a cap above `ulimit -n` is none of its own.
 */
const CONNECTIONS_PER_CLIENT = 2.25;

/** This proxy, on a configuration file that gives it `admin` as its port for operators. */
export const launchProxy = (file: string, admin: number): Launch => ({
  command: [process.execPath, PROGRAM, 'start', '--config', file],
  readyUrl: `http://127.0.0.1:${admin}/ready`,
});

export const cobrowseProxy: Contender = {
  name: 'cobrowse-proxy',
  missing: () => undefined,
  logs: true,
  scales: true,
  secures: true,
  prepare(place, ports) {
    const { certificate } = place;
    const config = {
      listeners: [{ host: '127.0.0.1', port: ports.traffic, ...(certificate && { tls: tlsOf(certificate) }) }],
      admin: { host: '127.0.0.1', port: ports.admin },
      workers: workersOf(place),
      base: BASE,
      affinity: { cookie: COOKIE },
      log: { access: place.accessLog !== undefined },
      nodes: place.nodes.map((node) => ({ name: node.name, url: `http://${addressOf(node)}${BASE}` })),
      ...place.settings,
    };
    const file = join(place.dir, CONFIG_FILE);
    writeFileSync(file, stringify(config));
    return launchProxy(file, ports.admin);
  },
};

const tlsOf = ({ cert, key }: RunCertificate) => ({ certificates: [{ cert, key }] });

/** `template`: of its configuration, below `bench/peers/`. */
export const nginx = (template: string): Contender => ({
  name: 'nginx',
  missing: () => missingBinary('nginx'),
  logs: true,
  scales: true,
  secures: true,
  prepare(place, ports) {
    const { accessLog: log, certificate } = place;
    const file = writeConfiguration(template, place, ports, {
      SSL: certificate === undefined ? '' : ' ssl',
      TLS: certificate === undefined ? '' : nginxTls(certificate),
      ACCESS_LOG: log === undefined ? 'access_log off;' : `access_log ${log} combined buffer=64k flush=1s;`,
    });
    // -e: the compiled-in error log is opened before the configuration is read and may not be writable.
    return { command: [findBinary('nginx') ?? 'nginx', '-p', place.dir, '-e', 'stderr', '-c', file] };
  },
});

export const haproxy = (template: string): Contender => ({
  name: 'haproxy',
  missing: () => missingBinary('haproxy'),
  logs: true,
  scales: true,
  secures: true,
  prepare(place, ports) {
    const { certificate } = place;
    const file = writeConfiguration(template, place, ports, {
      ACCESS_LOG: place.accessLog === undefined ? 'no log' : 'log stdout format raw local0\n    option httplog',
      SSL: certificate === undefined ? '' : haproxyTls(certificate),
      SCHEME: certificate === undefined ? 'http' : 'https',
    });
    return { command: [findBinary('haproxy') ?? 'haproxy', '-db', '-f', file] };
  },
});

export const caddy = (template: string): Contender => ({
  name: 'caddy',
  missing: () => missingBinary('caddy'),
  logs: true,
  secures: true,
  prepare(place, ports) {
    const { certificate } = place;
    const file = writeConfiguration(template, place, ports, {
      SCHEME: certificate === undefined ? 'http' : 'https',
      TLS: certificate === undefined ? '' : `tls ${certificate.cert} ${certificate.key}`,
      TLS_NAME,
      ACCESS_LOG: place.accessLog === undefined ? '' : 'log {\n\t\toutput stdout\n\t}',
    });
    // Its threads, and where it keeps what it knows.
    const settings = ['GOMAXPROCS=1', `XDG_CONFIG_HOME=${place.dir}`, `XDG_DATA_HOME=${place.dir}`];
    const caddyfile = ['--adapter', 'caddyfile', '--config', file];
    return { command: ['env', ...settings, findBinary('caddy') ?? 'caddy', 'run', ...caddyfile] };
  },
});

/** What this proxy has by itself: one cipher and curve first, sessions of five minutes, by tickets alone. */
const nginxTls = ({ cert, key }: RunCertificate): string =>
  [
    `ssl_certificate ${cert}`,
    `ssl_certificate_key ${key}`,
    'ssl_protocols TLSv1.2 TLSv1.3',
    'ssl_prefer_server_ciphers on',
    'ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384',
    'ssl_ecdh_curve X25519:prime256v1',
    'ssl_session_timeout 5m',
  ]
    .map((line) => `${line};`)
    .join('\n        ');

/** It looks for the key in the file of the certificate's name and `.key`. */
const haproxyTls = ({ cert }: RunCertificate): string =>
  ` ssl crt ${cert} ssl-min-ver TLSv1.2 curves X25519:P-256` +
  ' ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384';

/** A program in Node.js below `bench/peers/`, of an npm package's name where it is around one. */
const nodeProgram = (name: string, program: string): Contender => ({
  name,
  missing: () => undefined,
  prepare: (place, ports) => ({
    command: nodeCommand(`peers/${program}`, JSON.stringify({ port: ports.traffic, nodes: place.nodes })),
  }),
});

const REFERENCE_CONTENDERS: readonly Contender[] = [
  nginx('nginx.conf'),
  haproxy('haproxy.cfg'),
  caddy('Caddyfile'),
  nodeProgram('http-proxy', 'http-proxy.js'),
  nodeProgram('httpxy', 'httpxy.js'),
  nodeProgram('@fastify/http-proxy', 'fastify-http-proxy.js'),
];

export const bareRelay: Contender = { ...nodeProgram('bare-relay', 'bare-relay.js'), relays: true };

export const CONTENDERS: readonly Contender[] = [cobrowseProxy, ...REFERENCE_CONTENDERS, bareRelay];

/** The contenders that every figure is compared with. */
export const REFERENCES: readonly string[] = REFERENCE_CONTENDERS.map(({ name }) => name);

const workersOf = ({ workers = 1 }: Place): number => workers;

function missingBinary(name: string): string | undefined {
  return findBinary(name) === undefined ? `no ${name} on the PATH` : undefined;
}

/**
 * Fills `@PORT@`, `@DIR@`, `@<node name>@` and the like in a template under `bench/peers/`; returns the written file.
 */
function writeConfiguration(
  template: string,
  site: Place,
  ports: Ports,
  own: Readonly<Record<string, string>>,
): string {
  const values = new Map([
    ['PORT', String(ports.traffic)],
    ['DIR', site.dir],
    ['WORKERS', String(workersOf(site))],
    ['CLIENTS', String(mostClients())],
    ['CONNECTIONS', String(Math.ceil(CONNECTIONS_PER_CLIENT * mostClients()))],
    ...Object.entries(own),
    ...site.nodes.map((node): [string, string] => [node.name, addressOf(node)]),
  ]);
  const text = readFileSync(join(ROOT, 'bench/peers', template), 'utf8').replace(/@(\w+)@/g, (_, key: string) => {
    const value = values.get(key);
    if (value === undefined) throw new Error(`bench/peers/${template}: nothing to put for @${key}@`);
    return value;
  });
  const file = join(site.dir, template);
  writeFileSync(file, text);
  return file;
}
