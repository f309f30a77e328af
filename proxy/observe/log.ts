/**
 * The program's own log: what the operator should know about the proxy and its nodes, as lines of JSON on stderr.
 * Access lines go to stdout, so the two never mix.
 */
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { Sink } from './sink.ts';

export type { Logger };

export interface ProgramLog {
  readonly logger: Logger;
  /** Writes what is left; gives up when the reader has stalled. Never rejects. */
  readonly close: () => Promise<void>;
}

/** `to`: a file descriptor or the path of a file to append to. */
export function openLog(level: ProxyConfig['log']['level'], to: number | string = 2): ProgramLog {
  const sink = new Sink({ to, gather: false, onDrop: () => {} });
  const logger = pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    { write: (line) => sink.write(line) },
  );
  return { logger, close: () => sink.close() };
}
