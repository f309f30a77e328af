/**
 * The program's own log: what the operator should know about the proxy and its nodes, as lines of JSON on stderr.
 * Access lines go to stdout, so the two never mix. JSON escapes what could end a line, and this all else but plain
 * ASCII: a terminal obeys some of it (C1 controls), and some readers take U+2028 for the end of a line.
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

/** DEL is the one control that JSON leaves as it is. */
const BEYOND_ASCII = /[^\n\x20-\x7e]/g;

/** `to`: a file descriptor or the path of a file to append to. */
export function openLog(level: ProxyConfig['log']['level'], to: number | string = 2): ProgramLog {
  const sink = new Sink({ to, gather: false, onDrop: () => {} });
  const logger = pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    { write: (line) => sink.write(line.replace(BEYOND_ASCII, escaped)) },
  );
  return { logger, close: () => sink.close() };
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
