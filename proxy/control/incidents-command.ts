/** `cobrowse-proxy incidents`: the failover report of a running proxy, as a table or as the admin listener gives it. */
import type { Command } from 'commander';
import { DONE, FAILED } from '../anchor/exit-codes.ts';
import type { AdminClient, ListedIncident } from './admin-client.ts';
import { type AdminOptions, clientOf, withAdminOptions } from './admin-options.ts';
import { Progress } from './progress.ts';
import { type Output, type Paint, paintFor, type Row, roughly, table } from './terminal.ts';

interface Flags extends AdminOptions {
  readonly json?: boolean;
}

export function addIncidentsCommand(program: Command): void {
  withAdminOptions(program.command('incidents'))
    .description('show what failed, when it was found, what it cost and when it was over; newest first')
    .option('--json', 'as JSON')
    .action(async ({ json = false, ...admin }: Flags) => {
      const client = clientOf(admin);
      process.exitCode = await showIncidents(client, { json }, process.stdout, process.stderr);
      await client.close();
    });
}

export async function showIncidents(
  client: AdminClient,
  { json }: { readonly json: boolean },
  out: Output,
  errors: Output,
): Promise<number> {
  const progress = new Progress(out, errors);
  const result = await client.incidents();
  if (result.kind !== 'ok') {
    progress.warn(result.message);
    return FAILED;
  }
  progress.say(json ? result.text.trimEnd() : incidentTable(result.answer.incidents, paintFor(out)));
  return DONE;
}

const HEADINGS = ['ID', 'BEGAN', 'WHAT', 'CAUSE', 'FOUND', 'LASTED', 'LOST', 'FAILED', 'RETRIED', 'TUNNELS'] as const;

/** Sessions lost, requests failed and retried, tunnels closed: a column each. */
export function incidentTable(incidents: readonly ListedIncident[], paint: Paint): string {
  return incidents.length === 0 ? 'no incidents' : table(HEADINGS, incidents.map(rowOf), paint);
}

function rowOf(shown: ListedIncident): Row {
  const { id, startedAt, kind, node, cause, detectionMs, recoveredAt, durationMs } = shown;
  const { sessionsLost, requestsFailed, requestsRetried, tunnelsClosed } = shown;
  return [
    String(id),
    startedAt,
    node ?? kind,
    cause,
    detectionMs === null ? '' : roughly(detectionMs),
    durationMs !== null ? roughly(durationMs) : recoveredAt === null ? { text: 'ongoing', style: 'red' } : '',
    ...[sessionsLost, requestsFailed, requestsRetried, tunnelsClosed].map(String),
  ];
}
