/**
 * `npm start`: the nodes of the default configuration and the proxy, on this machine. The environment
 * (`COBROWSE_PROXY_…`) wins over the file here as well. Exit codes: 0 after a signal, 1 when something did not start, 2
 * for a configuration that is not valid.
 */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadConfig } from '../load.ts';
import { formatProblem } from '../problems.ts';
import { type NodeConfig, type ProxyConfig, proxySchema } from '../proxy-schema.ts';
import type { ChildSpec, Terminal } from './child.ts';
import { type ClusterPlan, runCluster } from './cluster.ts';
import { welcomeText } from './welcome.ts';

const INVALID_CONFIG = 2;

// As compiled: from dist/config/deploy/.
const configFile = pathOf('../../../config/cobrowse.yaml');
const followParent = new URL(`follow-parent.js?parent=${process.pid}`, import.meta.url).href;
const execArgv = [...process.execArgv, '--import', followParent];

const address = z.object({ host: z.string(), port: z.int() });
const proxyListening = z.object({ listeners: z.array(address).min(1), admin: address });
const nodeListening = z.object({ metrics: address });

const terminal: Terminal = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
};

// Whoever read the output is gone (`npm start | head`): nobody is left to run the cluster for.
for (const stream of [process.stdout, process.stderr]) stream.once('error', () => process.kill(process.pid, 'SIGTERM'));

const loaded = loadConfig(proxySchema, { file: configFile, environment: process.env, prefix: 'COBROWSE_PROXY_' });
if (loaded.ok) {
  process.exitCode = await runCluster(planFor(loaded.config), terminal, process);
} else {
  for (const problem of loaded.problems) terminal.err(formatProblem(problem));
  process.exitCode = INVALID_CONFIG;
}

function planFor(config: ProxyConfig): ClusterPlan {
  return {
    nodes: config.nodes.map((node, index) => nodeSpec(node, metricsPort(config, index), allowedOrigins(config))),
    proxy: {
      name: 'proxy',
      module: programOf('proxy'),
      args: ['start', '--config', configFile],
      execArgv,
      // Held polls and WebSockets would keep it for the whole of its default.
      environment: { COBROWSE_PROXY_TIMEOUTS_SHUTDOWN: '1s', ...process.env },
    },
    welcome(listening, pids) {
      const { listeners, admin } = proxyListening.parse(listening.proxy);
      const nodes = config.nodes.map(({ name, url, serverUrl }, index) => ({
        name,
        url: `http://${url.authority}${url.base}`,
        note: serverUrl ? `public as ${serverUrl.url}` : '',
        pid: pids.nodes[index],
        metrics: nodeListening.parse(listening.nodes[index]).metrics,
      }));
      const [listener = admin] = listeners;
      return welcomeText({ listener, admin, base: config.base, proxyPid: pids.proxy, nodes });
    },
  };
}

function nodeSpec({ name, url, serverUrl }: NodeConfig, metrics: number, origins: readonly string[]): ChildSpec {
  const args = ['start', '--name', name, '--host', url.host, '--port', String(url.port), '--base', url.base || '/'];
  if (serverUrl) args.push('--server-url', serverUrl.url);
  args.push('--allowed-origins', origins.join(','), '--metrics-port', String(metrics));
  // The proxy has ended before its nodes are stopped, so there is nobody left to notice a drain or to end a session.
  args.push('--drain-time', '0s');
  return { name, module: programOf('node'), args, execArgv };
}

/** The nodes' ports follow the proxy's admin port: 9701 and on. */
function metricsPort({ admin }: ProxyConfig, index: number): number {
  return admin.port === 0 ? 0 : admin.port + 1 + index;
}

/** Pages that the proxy itself serves, under both names of this machine, and the proxy's own look-ups. */
function allowedOrigins({ listeners, affinity }: ProxyConfig): readonly string[] {
  const own = listeners.flatMap(({ port }) => [`http://127.0.0.1:${port}`, `http://localhost:${port}`]);
  return [...new Set([...own, affinity.lookup.origin])];
}

function programOf(part: 'proxy' | 'node'): string {
  return pathOf(`../../${part}/cli.js`);
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
