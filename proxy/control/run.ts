/** The life of a primary, which the anchor begins and ends: from a valid configuration to the exit code. */
import type { Address } from '../anchor/messages.ts';
import { openLog, type ProgramLog } from '../observe/log.ts';
import type { AnchorLink } from './anchor-link.ts';
import { ConfigWatch } from './config-watch.ts';
import { describeError } from './describe-error.ts';
import type { LoadedProxy } from './load.ts';
import type { Memo } from './memo.ts';
import { type Listening, Primary } from './primary.ts';
import type { LoadProxy } from './reloader.ts';

export interface RunOptions {
  readonly anchor: AnchorLink;
  /** Of the primary before this one. */
  readonly memo: Memo | undefined;
  /** Reads the configuration anew. */
  readonly load: LoadProxy;
  /** The file that it comes from, to be watched, as are those that it names. */
  readonly file?: string | undefined;
}

/** How a primary ends: for good, or with the workers left to another. */
type Ending = { readonly kind: 'stop'; readonly signal: string } | { readonly kind: 'superseded' };

/** Resolves to the exit code, when all has ended that is its to end. */
export async function run(loaded: LoadedProxy, { anchor, memo, file, load }: RunOptions): Promise<number> {
  const log = openLog(loaded.config.log.level);
  for (const warning of loaded.certificates.warnings) log.logger.warn(warning);
  const files = file === undefined ? [] : [file];
  const watch = new ConfigWatch({ files, onChange: () => primary.reload('a file') });
  watch.follow(loaded.certificates.files);
  const loadWatched: LoadProxy = () => {
    const result = load();
    watch.follow(result.certificates.files);
    return result;
  };
  const primary = new Primary({ loaded, logger: log.logger, load: loadWatched, anchor, memo });
  let serves = false;
  const ending = new Promise<Ending>((resolve) => {
    anchor.follow({
      onReload: () => serves && primary.reload('SIGHUP'),
      onStop: (signal, again) => {
        if (!again) resolve({ kind: 'stop', signal });
        else {
          primary.kill();
          process.exit(1);
        }
      },
      onSuperseded: () => resolve({ kind: 'superseded' }),
      onUpgradeFailed: (how) => log.logger.error({ how }, 'the upgrade failed as it began, all stays as it is'),
      onGone: () => process.exit(1),
    });
  });
  process.on('uncaughtException', (error) => abort(log, error));
  let code = 0;
  try {
    const listening = await Promise.race([start(primary, { anchor, memo, log }), ending]);
    if (!('kind' in listening)) {
      announce(listening, log);
      anchor.listening(listening.listeners, listening.admin);
      serves = true;
      watch.start();
    }
  } catch (error) {
    process.stderr.write(`cobrowse-proxy: ${describeError(error).message}\n`);
    log.logger.debug({ err: error }, 'where the start failed');
    code = 1;
  }
  const how = code === 0 ? await ending : undefined;
  serves = false;
  watch.stop();
  if (how?.kind === 'superseded') {
    await primary.leave(() => anchor.left());
    log.logger.info('another primary takes over');
  } else if (how === undefined && memo !== undefined) {
    // Workers of the primary before this one serve on, until another one can start.
    await primary.leave(() => {});
  } else {
    if (how !== undefined) log.logger.info({ signal: how.signal }, 'shutting down');
    await primary.shutdown();
  }
  await log.close();
  return code;
}

async function start(
  primary: Primary,
  { anchor, memo, log: { logger } }: Pick<RunOptions, 'anchor' | 'memo'> & { readonly log: ProgramLog },
): Promise<Listening> {
  await primary.prepare(memo);
  const takeOver = await anchor.takeOver();
  if (takeOver.why.kind === 'upgrade') logger.info('a new primary takes over');
  if (takeOver.why.kind === 'death') {
    logger.error({ how: takeOver.why.how }, 'the primary died and is replaced');
  }
  return primary.start(takeOver);
}

function announce({ listeners, admin }: Listening, { logger }: ProgramLog): void {
  const on = listeners.map(addressText).join(', ');
  logger.info({ listeners, admin }, `listening on ${on}, admin on ${addressText(admin)}`);
}

function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Nobody expected this error, so nothing can be relied on. Another primary takes the place of this one. */
async function abort({ logger, close }: ProgramLog, error: unknown): Promise<void> {
  logger.fatal(`primary failed: ${describeError(error).message}`);
  logger.debug({ err: error }, 'where it failed');
  await close();
  process.exit(1);
}
