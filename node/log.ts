/** The node's log: lines of JSON on standard output. Tokens are secrets and stand in it masked only. */
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { NodeConfig } from '../config/node-schema.ts';

/** Fields that hold a secret, should one be logged by mistake. */
const SECRET_FIELDS = ['token', 'sessionToken', 'userToken'];

export function openLog(level: NodeConfig['log']['level'], name: string): Logger {
  return pino(
    {
      level,
      base: { node: name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: maskToken },
    },
    destination({ fd: 1, sync: true }),
  );
}

/** `"045800826"` → `"*****0826"`: enough to find a session that somebody complains about, too little to use it. */
export function maskToken(token: unknown): string {
  return typeof token === 'string' && /^\d{9}$/.test(token) ? `*****${token.slice(-4)}` : '*****';
}
