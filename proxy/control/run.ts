/**
 * The life of `cobrowse-proxy start`: from a valid configuration to the exit code.
 *
 * | exit code | when |
 * |---|---|
 * | 0 | SIGTERM or SIGINT: finished what was in flight, or cut it off at the deadline |
 * | 1 | cannot start (a busy port), failed, or a second signal cut the finishing short |
 * | 2 | the configuration is not valid (see `cli.ts`) |
 *
 * SIGHUP loads the configuration again, as does a change of its file; SIGUSR2 replaces the workers, and with them the
 * program that they run. Neither drops a connection.
 *
 * A parent that forked it with a channel gets `{ type: 'listening', listeners, admin }` with the real addresses.
 */
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { openLog, type ProgramLog } from '../observe/log.ts';
import { ConfigWatch } from './config-watch.ts';
import { describeError } from './describe-error.ts';
import type { Address } from './messages.ts';
import { type Listening, Primary } from './primary.ts';
import type { LoadProxyConfig } from './reloader.ts';

export interface RunOptions {
  /** Reads the configuration anew. */
  readonly load: LoadProxyConfig;
  /** The file that it comes from, to be watched. */
  readonly file?: string | undefined;
  /** The module that a worker runs, in the place of the proxy's own. */
  readonly workerFile?: string;
}

/** Resolves to the exit code, when all has ended. */
export async function run(config: ProxyConfig, { file, ...options }: RunOptions): Promise<number> {
  const log = openLog(config.log.level);
  const primary = new Primary({ config, logger: log.logger, ...options });
  const stopSignal = nextSignal();
  const watch = file === undefined ? undefined : new ConfigWatch({ file, onChange: () => primary.reload('the file') });
  let serves = false;
  process.on('SIGHUP', () => serves && primary.reload('SIGHUP'));
  process.on('SIGUSR2', () => serves && primary.renew());
  process.on('uncaughtException', (error) => abort(log, error));
  let code = 0;
  try {
    const listening = await Promise.race([primary.start(), stopSignal]);
    if (typeof listening !== 'string') {
      announce(listening, log);
      serves = true;
      watch?.start();
      await stopSignal;
    }
    log.logger.info({ signal: await stopSignal }, 'shutting down');
  } catch (error) {
    process.stderr.write(`cobrowse-proxy: ${describeError(error).message}\n`);
    log.logger.debug({ err: error }, 'where the start failed');
    code = 1;
  }
  serves = false;
  watch?.stop();
  nextSignal().then(() => {
    primary.kill();
    process.exit(1);
  });
  await primary.shutdown();
  await log.close();
  return code;
}

function announce({ listeners, admin }: Listening, { logger }: ProgramLog): void {
  process.send?.({ type: 'listening', listeners, admin }, undefined, undefined, () => {});
  const on = listeners.map(addressText).join(', ');
  logger.info({ listeners, admin }, `listening on ${on}, admin on ${addressText(admin)}`);
}

function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const heard = (signal: NodeJS.Signals): void => {
      process.off('SIGTERM', heard);
      process.off('SIGINT', heard);
      resolve(signal);
    };
    process.on('SIGTERM', heard);
    process.on('SIGINT', heard);
  });
}

/** Nobody expected this error, so nothing can be relied on. The workers finish by themselves when they miss the primary. */
async function abort({ logger, close }: ProgramLog, error: unknown): Promise<void> {
  logger.fatal(`failed: ${describeError(error).message}`);
  logger.debug({ err: error }, 'where it failed');
  await close();
  process.exit(1);
}
