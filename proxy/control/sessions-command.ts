/** `cobrowse-proxy sessions TOKEN`: the story of one session, as a running proxy remembers it. */
import type { Command } from 'commander';
import { DONE, FAILED } from '../anchor/exit-codes.ts';
import type { AdminClient, ShownEvent, ShownSession } from './admin-client.ts';
import { type AdminOptions, clientOf, withAdminOptions } from './admin-options.ts';
import { incidentTable } from './incidents-command.ts';
import { Progress } from './progress.ts';
import { type Cell, type Output, type Paint, paintFor, type Row, roughly, table } from './terminal.ts';

interface Flags extends AdminOptions {
  readonly json?: boolean;
}

export function addSessionsCommand(program: Command): void {
  withAdminOptions(program.command('sessions').argument('<token>', 'of the session, or of a user who stopped one'))
    .description('tell the story of a session: its owner, what its requests met, and the incidents of its owner')
    .option('--json', 'as JSON')
    .action(async (token: string, { json = false, ...admin }: Flags) => {
      const client = clientOf(admin);
      process.exitCode = await showSession(client, token, { json }, process.stdout, process.stderr);
      await client.close();
    });
}

export async function showSession(
  client: AdminClient,
  token: string,
  { json }: { readonly json: boolean },
  out: Output,
  errors: Output,
): Promise<number> {
  const progress = new Progress(out, errors);
  const result = await client.session(token);
  if (result.kind !== 'ok') {
    progress.warn(result.message);
    return FAILED;
  }
  progress.say(json ? result.text.trimEnd() : sessionText(result.answer, paintFor(out)));
  if (result.answer.silentWorkers > 0) {
    progress.warn(`what ${result.answer.silentWorkers} of the workers know is not shown: no answer in time`);
  }
  return DONE;
}

const HEADINGS = ['AT', 'TOOK', 'CLASS', 'NODE', 'DECIDED BY', 'NAMED BY', 'TRIES', 'STATUS', 'END'] as const;

function sessionText({ session, owner, events, forgotten, incidents }: ShownSession, paint: Paint): string {
  const known =
    owner && `${owner.node} (${owner.state ?? 'not configured'}), known by ${owner.knownBy} since ${owner.since}`;
  return [
    `session ${session}; owner ${known ?? 'not known'}`,
    '',
    table(HEADINGS, events.map(rowOf), paint),
    ...(forgotten === 0 ? [] : [`${forgotten} more between the first and the latest are forgotten`]),
    ...(incidents.length === 0 ? [] : ['', 'incidents of its owner since:', incidentTable(incidents, paint)]),
  ].join('\n');
}

function rowOf(event: ShownEvent): Row {
  const { at, durationMs, exchanges, created, tunnel, node, by, verdict, conflict } = event;
  const kind = created ? `${event.class}, created` : event.class;
  return [
    at,
    durationMs === null ? '' : roughly(durationMs),
    `${kind}${tunnel ? ', tunnel' : ''}${exchanges > 1 ? ` ×${exchanges}` : ''}`,
    node ?? '',
    by === null ? '' : `${by} (${verdict})${conflict ? ', conflict' : ''}`,
    event.namedBy,
    String(event.attempts),
    String(event.status),
    endOf(event),
  ];
}

function endOf({ termination, error }: ShownEvent): string | Cell {
  if (error !== null) return { text: `${termination}: ${error}`, style: 'red' };
  if (termination === 'completed') return '';
  return { text: termination, style: termination === 'open' ? 'green' : 'yellow' };
}
