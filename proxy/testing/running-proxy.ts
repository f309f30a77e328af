/**
 * The whole proxy as it is deployed, a process known by the wire alone: where it listens, and what it tells of itself.
 */
import type { TestContext } from 'node:test';
import type { IncidentAnswer } from '../control/report-answers.ts';
import type { Status } from '../control/status.ts';
import { CLI, configFile, type ProcessOptions, ProxyProcess } from '../control/testing/proxy-process.ts';
import { ask } from './http-client.ts';

export interface RunningProxy {
  readonly proxy: ProxyProcess;
  /** Of its first listener, and of its admin listener. */
  readonly port: number;
  readonly admin: number;
  /** The body of the admin listener's answer. */
  read(path: string): Promise<string>;
  status(): Promise<Status>;
  /** Newest first. */
  incidents(): Promise<readonly IncidentAnswer[]>;
}

/** Resolves when it serves; ends with the test. `options`: configuration, which need not say where it listens. */
export async function startProxy(t: TestContext, options: object, process: ProcessOptions = {}): Promise<RunningProxy> {
  return startProxyFrom(t, await configFile(t, { listeners: [{ port: 0 }], admin: { port: 0 }, ...options }), process);
}

/** The same, from a file that the test has written, and may write again. */
export async function startProxyFrom(
  t: TestContext,
  file: string,
  process: ProcessOptions = {},
): Promise<RunningProxy> {
  const proxy = new ProxyProcess(t, [CLI, 'start', '--config', file], process);
  const { listeners, admin } = await proxy.listening();
  const read = async (path: string): Promise<string> => (await ask(admin.port, { path })).body;
  return {
    proxy,
    port: listeners[0]?.port ?? 0,
    admin: admin.port,
    read,
    status: async () => JSON.parse(await read('/status')) as Status,
    incidents: async () => (JSON.parse(await read('/incidents')) as { incidents: readonly IncidentAnswer[] }).incidents,
  };
}

/** As the configuration names nodes that listen on this machine. */
export function nodesAt(nodes: readonly { readonly name: string; readonly port: number }[]) {
  return nodes.map(({ name, port }) => ({ name, url: `http://127.0.0.1:${port}/cobrowse` }));
}
