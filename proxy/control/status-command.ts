/** `cobrowse-proxy status`: the proxy and its nodes at a glance, once or again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { DONE, FAILED } from '../anchor/exit-codes.ts';
import type { AdminClient, ShownNode, ShownStatus } from './admin-client.ts';
import { type AdminOptions, clientOf, withAdminOptions } from './admin-options.ts';
import { Progress } from './progress.ts';
import { type Cell, type Output, type Paint, paintFor, type Row, roughly, type Style, table } from './terminal.ts';

const LOOK_INTERVAL_MS = 2000;
/** How long the proxy may be away while it is watched: it may just be restarted. */
const PATIENCE_MS = 10_000;
/** The cursor to the upper left corner, and what is below it gone. */
const CLEAR_SCREEN = '\u001b[H\u001b[J';

export interface StatusOptions {
  readonly json: boolean;
  readonly watch: boolean;
}

interface Flags extends AdminOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

export function addStatusCommand(program: Command): void {
  withAdminOptions(program.command('status'))
    .description('show the proxy and its nodes: states, sessions, connections, and what is held against a node')
    .option('--json', 'as JSON, one line for each look')
    .option('--watch', 'look again every two seconds, until Ctrl-C')
    .action(async ({ json = false, watch = false, ...admin }: Flags) => {
      const client = clientOf(admin);
      process.exitCode = await showStatus(client, { json, watch }, process.stdout, process.stderr);
      await client.close();
    });
}

/** With `watch` it returns when the proxy refuses, or is away for long. */
export async function showStatus(
  client: AdminClient,
  { json, watch }: StatusOptions,
  out: Output,
  errors: Output,
  lookIntervalMs = LOOK_INTERVAL_MS,
): Promise<number> {
  const progress = new Progress(out, errors);
  const paint = paintFor(out);
  let heardAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const result = await client.status();
    if (result.kind === 'ok') {
      heardAt = performance.now();
      const shown = json ? result.text.trimEnd() : statusText(result.answer, Date.now(), paint);
      const frame = watch && !json && out.isTTY ? CLEAR_SCREEN : '';
      out.write(`${frame}${shown}\n${watch && !json && !out.isTTY ? '\n' : ''}`);
    } else if (!watch || result.kind === 'refused' || performance.now() - heardAt > PATIENCE_MS) {
      progress.warn(result.message);
      return FAILED;
    }
    if (!watch) return DONE;
    await sleep(lookIntervalMs);
  }
}

const HEADINGS = ['NODE', 'STATE', 'FOR', 'SESSIONS', 'CONNECTIONS', 'TUNNELS', 'REQUESTS', 'NOTE'] as const;

/** `now`: ms since the epoch. */
export function statusText(status: ShownStatus, now: number, paint: Paint): string {
  const { version, pid, uptimeSeconds, readiness, listeners, workers, traffic, nodes, sources } = status;
  const ready = readiness.ready ? paint('green', 'ready') : paint('red', `not ready: ${readiness.reason}`);
  const serving = workers.filter(({ listeningSince, retiring }) => listeningSince !== null && !retiring).length;
  const on = listeners.map(({ host, port }) => `${host}:${port}`).join(', ');
  return [
    `cobrowse-proxy ${version}, pid ${pid}, up for ${roughly(uptimeSeconds * 1000)}; ${ready}`,
    `listening on ${on} with ${serving} of ${workers.length} workers`,
    `${traffic.clientConnections} connections, ${traffic.inFlight} requests under way, ${traffic.tunnels} tunnels; ` +
      `${traffic.requests} requests so far`,
    ...sources.map((source) => sourceText(source, paint)),
    '',
    table(
      HEADINGS,
      nodes.map((node) => rowOf(node, now)),
      paint,
    ),
  ].join('\n');
}

function sourceText({ source, nodes, succeededAt, failing }: ShownStatus['sources'][number], paint: Paint): string {
  const known = `${source}: ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
  if (failing === null) return succeededAt === null ? `${known}, not looked up yet` : known;
  const since = succeededAt === null ? 'never found' : `as of ${succeededAt}`;
  return `${known} ${since}; ${paint('red', failing)}`;
}

const STATE_STYLES: Readonly<Record<string, Style>> = { up: 'green', draining: 'yellow', down: 'red' };

function rowOf(node: ShownNode, now: number): Row {
  const { name, state, since, sessions, capacity, connections, tunnels, requests } = node;
  const shownState: Cell = { text: state, style: STATE_STYLES[state] ?? 'dim' };
  return [
    name,
    shownState,
    roughly(Math.max(0, now - Date.parse(since))),
    sessions === null ? '' : `${sessions}${capacity === null ? '' : `/${capacity}`}`,
    ...[connections, tunnels, requests].map(String),
    noteOf(node),
  ];
}

function noteOf({ operator, ejected, tlsFailure, withdrawn, sessions }: ShownNode): string {
  const notes: string[] = [];
  if (operator.state !== 'ready') {
    const left = `${operator.remaining} ${sessions === null ? 'connections' : 'sessions'} left`;
    const until = operator.deadline === null ? '' : `, until ${operator.deadline}`;
    notes.push(`${operator.state} by an operator: ${operator.drained ? 'empty' : left}${until}`);
  }
  if (ejected !== null) notes.push(`ejected: ${ejected}`);
  if (withdrawn !== null) notes.push(`found no more since ${withdrawn}`);
  if (tlsFailure !== null) notes.push(`TLS: ${tlsFailure}`);
  return notes.join('; ');
}
