/**
 * `cobrowse-proxy incidents`: the failover report of a running proxy, as a table or as the admin listener gives it.
 *
 * | exit code | when |
 * |---|---|
 * | 0 | shown |
 * | 1 | the proxy could not be reached, or answered something else |
 * | 2 | the command line is not valid (see `cli.ts`) |
 */
import type { Command } from 'commander';
import { request } from 'undici';
import { z } from 'zod';

const TIMEOUT_MS = 10_000;
const SHOWN = 0;
const FAILED = 1;

const incident = z.object({
  id: z.number(),
  kind: z.enum(['ejection', 'restart', 'all-down', 'worker']),
  node: z.string().nullable(),
  cause: z.string(),
  startedAt: z.string(),
  detectionMs: z.number().nullable(),
  recoveredAt: z.string().nullable(),
  durationMs: z.number().nullable(),
  sessionsLost: z.number(),
  requestsFailed: z.number(),
  requestsRetried: z.number(),
  tunnelsClosed: z.number(),
});
const report = z.object({ incidents: z.array(incident) });

/** What the table shows of what the admin listener answers; see `report-answers.ts`. */
export type ShownIncident = z.output<typeof incident>;

interface Output {
  write(text: string): unknown;
}

interface Flags {
  readonly admin: string;
  readonly json?: boolean;
}

/** `adminUrl`: throws commander's error for what is no URL of an admin listener. */
export function addIncidentsCommand(program: Command, adminUrl: (text: string) => string): void {
  program
    .command('incidents')
    .description('show what failed, when it was found, what it cost and when it was over; newest first')
    .option('--admin <url>', 'the admin listener of the proxy', adminUrl, 'http://127.0.0.1:9700')
    .option('--json', 'as JSON')
    .action(async ({ admin, json = false }: Flags) => {
      process.exitCode = await showIncidents(admin, { json, out: process.stdout, errors: process.stderr });
    });
}

export async function showIncidents(
  admin: string,
  { json, out, errors }: { readonly json: boolean; readonly out: Output; readonly errors: Output },
): Promise<number> {
  try {
    const options = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS };
    const { body } = await request(new URL('/incidents', admin), options);
    const text = await body.text();
    const { incidents } = report.parse(JSON.parse(text));
    out.write(json ? text : incidentTable(incidents));
    return SHOWN;
  } catch (error) {
    errors.write(`cobrowse-proxy: ${admin} ${whyNot(error)}\n`);
    return FAILED;
  }
}

const HEADINGS = ['ID', 'BEGAN', 'WHAT', 'CAUSE', 'FOUND', 'LASTED', 'LOST', 'FAILED', 'RETRIED', 'TUNNELS'] as const;

/** Sessions lost, requests failed and retried, tunnels closed: a column each. */
export function incidentTable(incidents: readonly ShownIncident[]): string {
  if (incidents.length === 0) return 'no incidents\n';
  const rows = [HEADINGS, ...incidents.map(rowOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function rowOf(shown: ShownIncident): readonly string[] {
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

function whyNot(error: unknown): string {
  if (error instanceof z.ZodError || error instanceof SyntaxError) {
    return 'does not answer as the admin listener of a proxy does';
  }
  return `cannot be reached: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`;
}
