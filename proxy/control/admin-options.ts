/** What the commands that ask a running proxy have in common: where it is, and the token to show it. */
import { type Command, InvalidArgumentError } from 'commander';
import { VARIABLE_PREFIX } from '../../config/proxy-variables.ts';
import { EXPECTED_TOKENS, readSecretTokens } from '../../config/secret-tokens.ts';
import { readTextFile } from '../../config/text-file.ts';
import { AdminClient } from './admin-client.ts';

/** The proxy's own variables, so that where it runs its commands need nothing more. */
const VARIABLES = [`${VARIABLE_PREFIX}ADMIN_TOKEN`, `${VARIABLE_PREFIX}ADMIN_READ_TOKEN`] as const;

export interface AdminOptions {
  readonly admin: string;
  /** What is in it. */
  readonly tokenFile?: string;
}

/** No option for the token itself: everybody on a machine can read the command lines of all. */
export function withAdminOptions(command: Command): Command {
  return command
    .option('--admin <url>', 'the admin listener of the proxy', urlText, adminUrl(process.env))
    .option('--token-file <file>', `a file with the admin token; else ${VARIABLES.join(' or ')}`, tokenIn);
}

/** Where its own variables say that it listens; a wildcard is no address to call. */
export function adminUrl(environment: NodeJS.ProcessEnv): string {
  const host = environment[`${VARIABLE_PREFIX}ADMIN_HOST`] || '127.0.0.1';
  const port = environment[`${VARIABLE_PREFIX}ADMIN_PORT`] || '9700';
  const called = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = `http://${called.includes(':') ? `[${called}]` : called}:${port}`;
  return URL.canParse(url) ? url : 'http://127.0.0.1:9700';
}

export function clientOf({ admin, tokenFile }: AdminOptions): AdminClient {
  return new AdminClient({ url: admin, token: tokenFile ?? tokenOfEnvironment() });
}

/** Of several the first: while they are being changed, each of them is good. */
function tokenIn(file: string): string {
  const read = readTextFile(file);
  if (!read.ok) throw new InvalidArgumentError(`${file}: ${read.reason}`);
  const [token] = readSecretTokens(read.text) ?? [];
  if (token === undefined) throw new InvalidArgumentError(`${file}: expected ${EXPECTED_TOKENS}`);
  return token;
}

function tokenOfEnvironment(): string {
  for (const variable of VARIABLES) {
    const [token] = readSecretTokens(process.env[variable] ?? '') ?? [];
    if (token !== undefined) return token;
  }
  return '';
}

function urlText(text: string): string {
  if (/^http:\/\/[^/?#@]+\/?$/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('Expected a URL such as http://127.0.0.1:9700.');
}
