/**
 * `cobrowse-proxy incidents`: the failover report of a running proxy, as a table or as the admin listener gives it.
 *
 * | exit code | when |
 * |---|---|
 * | 0 | shown |
 * | 1 | the proxy refused, could not be reached, or answered something else |
 * | 2 | the command line is not valid (see `cli.ts`) |
 */
import type { Command } from 'commander';
import type { AdminClient, ListedIncident } from './admin-client.ts';
import { type AdminOptions, clientOf, withAdminOptions } from './admin-options.ts';
import { Progress } from './progress.ts';

const SHOWN = 0;
const FAILED = 1;

interface Flags extends AdminOptions {
  readonly json?: boolean;
}

export function addIncidentsCommand(program: Command): void {
  withAdminOptions(program.command('incidents'))
    .description('show what failed, when it was found, what it cost and when it was over; newest first')
    .option('--json', 'as JSON')
    .action(async ({ json = false, ...admin }: Flags) => {
      const client = clientOf(admin);
      process.exitCode = await showIncidents(client, { json }, new Progress(process.stdout, process.stderr));
      await client.close();
    });
}

export async function showIncidents(
  client: AdminClient,
  { json }: { readonly json: boolean },
  progress: Progress,
): Promise<number> {
  const result = await client.incidents();
  if (result.kind !== 'ok') {
    progress.warn(result.message);
    return FAILED;
  }
  progress.say(json ? result.text.trimEnd() : incidentTable(result.answer.incidents));
  return SHOWN;
}

const HEADINGS = ['ID', 'BEGAN', 'WHAT', 'CAUSE', 'FOUND', 'LASTED', 'LOST', 'FAILED', 'RETRIED', 'TUNNELS'] as const;

/** Sessions lost, requests failed and retried, tunnels closed: a column each. */
function incidentTable(incidents: readonly ListedIncident[]): string {
  if (incidents.length === 0) return 'no incidents';
  const rows = [HEADINGS, ...incidents.map(rowOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}

function rowOf(shown: ListedIncident): readonly string[] {
  const { id, startedAt, kind, node, cause, detectionMs, recoveredAt, durationMs } = shown;
  const { sessionsLost, requestsFailed, requestsRetried, tunnelsClosed } = shown;
  return [
    String(id),
    startedAt,
    node ?? kind,
    cause,
    detectionMs === null ? '' : time(detectionMs),
    durationMs !== null ? time(durationMs) : recoveredAt === null ? 'lasts' : '',
    ...[sessionsLost, requestsFailed, requestsRetried, tunnelsClosed].map(String),
  ];
}

function time(ms: number): string {
  return ms < 10_000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`;
}
