/** The bundled node as a child process, known only by its command line and what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { compiled } from '../../config/testing/compiled.ts';

const CLI = compiled(new URL('../../node/cli.ts', import.meta.url));

export interface NodeProcess {
  readonly name: string;
  readonly port: number;
  /** 0 when it serves none. */
  readonly metricsPort: number;
  readonly child: ChildProcess;
  /** Kills it as a crash would. */
  crash(): Promise<void>;
}

export interface NodeProcessOptions {
  readonly name: string;
  /** 0 for any. */
  readonly port?: number;
  readonly serverUrl?: string;
  readonly allowedOrigins?: string;
  /** Whether it serves any. */
  readonly metrics?: boolean;
  /** Until a session that nobody joins ends: `10m` by default. */
  readonly neverJoined?: string;
}

interface ListeningMessage {
  readonly port: number;
  readonly metrics?: { readonly port: number };
}

/** Resolves when it listens; ends with the test. */
export async function startNodeProcess(
  t: TestContext,
  {
    name,
    port = 0,
    serverUrl,
    allowedOrigins = 'http://127.0.0.1:8700',
    metrics = false,
    neverJoined = '10m',
  }: NodeProcessOptions,
): Promise<NodeProcess> {
  const args = ['start', '--name', name, '--port', String(port), '--allowed-origins', allowedOrigins];
  if (serverUrl !== undefined) args.push('--server-url', serverUrl);
  if (metrics) args.push('--metrics-port', '0');
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, COBROWSE_NODE_SESSIONS_NEVER_JOINED: neverJoined },
  });
  const exited = once(child, 'close');
  const crash = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(crash);
  const [message] = (await once(child, 'message')) as [ListeningMessage];
  return { name, port: message.port, metricsPort: message.metrics?.port ?? 0, child, crash };
}
