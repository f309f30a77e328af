/** `cobrowse-proxy explain`: where a request would go and why, by a running proxy, or by a configuration alone. */
import { type Command, Option } from 'commander';
import type { ProxyConfig } from '../../config/proxy-schema.ts';
import { DONE, FAILED, INVALID } from '../anchor/exit-codes.ts';
import { type AdminResult, readAnswer, type ShownExplanation, shownExplanation } from './admin-client.ts';
import { type AdminOptions, clientOf, withAdminOptions } from './admin-options.ts';
import { explainByConfig } from './explain-config.ts';
import { Progress } from './progress.ts';
import { type Output, type Paint, paintFor, type Style } from './terminal.ts';

const QUESTION = ['url', 'cookie', 'token', 'method'] as const;

type Question = Readonly<Partial<Record<(typeof QUESTION)[number], string>>>;

interface Flags extends AdminOptions, Question {
  readonly config?: string;
  readonly json?: boolean;
}

/** `readConfig`: undefined when it is not valid, and that has been told. */
export function addExplainCommand(program: Command, readConfig: (file: string) => ProxyConfig | undefined): void {
  withAdminOptions(program.command('explain'))
    .description('say which node a request would go to and why, by a running proxy or, with --config, by a file')
    .option('--url <url>', 'a URL, or a path; {id} in it stands for the token')
    .option('--cookie <cookie>', 'the name of a node, or a whole Cookie header')
    .option('--token <token>', 'of a session or a user; without a url, a look at that session')
    .option('--method <method>', 'of the request')
    .addOption(
      new Option('--config <file>', 'ask this configuration, no proxy: every node is up, and none is asked').conflicts([
        'admin',
        'tokenFile',
      ]),
    )
    .option('--json', 'as JSON')
    .action(async ({ config: file, json = false, admin, tokenFile, ...question }: Flags, command: Command) => {
      if (question.url === undefined && question.cookie === undefined && question.token === undefined) {
        command.error('error: expected --url, --cookie or --token');
      }
      const query = new URLSearchParams(QUESTION.map((name): [string, string] => [name, question[name] ?? '']));
      if (file === undefined) {
        const client = clientOf({ admin, ...(tokenFile !== undefined && { tokenFile }) });
        process.exitCode = show(await client.explain(query), json, process.stdout, process.stderr);
        await client.close();
        return;
      }
      const config = readConfig(file);
      process.exitCode = config ? show(await askConfig(config, query), json, process.stdout, process.stderr) : INVALID;
    });
}

export async function askConfig(config: ProxyConfig, query: URLSearchParams): Promise<AdminResult<ShownExplanation>> {
  const { status, body } = await explainByConfig(config, query);
  return readAnswer(status, body, shownExplanation);
}

export function show(result: AdminResult<ShownExplanation>, json: boolean, out: Output, errors: Output): number {
  const progress = new Progress(out, errors);
  if (result.kind !== 'ok') {
    progress.warn(result.message);
    return FAILED;
  }
  progress.say(json ? result.text.trimEnd() : explanationText(result.answer, paintFor(out)));
  return DONE;
}

const ACTION_STYLES: Readonly<Record<ShownExplanation['action'], Style>> = {
  forward: 'green',
  refuse: 'red',
  deny: 'red',
  health: 'yellow',
  redirect: 'yellow',
};

function explanationText(explanation: ShownExplanation, paint: Paint): string {
  const { action, class: requestClass, by, verdict, conflict, lookUp, listener, why } = explanation;
  const decided = by === null ? undefined : `${by} (${verdict})${conflict ? ', against another source' : ''}`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['goes to', paint(ACTION_STYLES[action], destinationOf(explanation))],
    ['class', requestClass ?? undefined],
    ['decided by', decided],
    ['look-up', lookUp ?? undefined],
    ['listener', listener === null ? undefined : `${listener.host}:${listener.port}`],
    ['why', why],
  ];
  return facts
    .flatMap(([name, value]) => (value === undefined ? [] : [`${paint('bold', name.padEnd(11))} ${value}`]))
    .join('\n');
}

function destinationOf({ action, node, nodeState, strict, refusal, status }: ShownExplanation): string {
  switch (action) {
    case 'forward':
      return `${node} (${nodeState})${strict ? ', and no other' : ''}`;
    case 'refuse':
    case 'deny':
      return `no node: ${status} ${refusal?.code}`;
    case 'health':
    case 'redirect':
      return `no node: the proxy answers ${status}`;
  }
}
