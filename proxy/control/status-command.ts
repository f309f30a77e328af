/** `cobrowse-proxy status`: the proxy and its nodes at a glance, once or again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { DONE, FAILED, INTERRUPTED } from '../anchor/exit-codes.ts';
import type { AdminClient, ShownNode, ShownStatus } from './admin-client.ts';
import { type AdminOptions, clientOf, withAdminOptions } from './admin-options.ts';
import { Progress } from './progress.ts';
import { Screen } from './screen.ts';
import { type Cell, type Output, type Paint, paintFor, type Row, roughly, type Style, table } from './terminal.ts';

const LOOK_INTERVAL_MS = 2000;
/** How long the proxy may be away while it is watched into a pipe or a file: it may just be restarted. */
const PATIENCE_MS = 10_000;
/** A name in a line that does not wrap, or nothing else might be seen of it. */
const MOST_OF_NAME = 32;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StatusOptions {
  readonly json: boolean;
  readonly watch: boolean;
}

export interface Watching {
  /** Where each look takes the place of the last; absent: one follows the other. */
  readonly screen?: Screen;
  readonly lookIntervalMs?: number;
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
      const screen = watch && !json && process.stdout.isTTY ? new Screen(process.stdout) : undefined;
      if (screen) closeAtSignals(screen);
      process.exitCode = await showStatus(client, { json, watch }, process.stdout, process.stderr, {
        ...(screen && { screen }),
      });
      await client.close();
    });
}

function closeAtSignals(screen: Screen): void {
  for (const signal of STOP_SIGNALS) {
    process.once(signal, () => {
      screen.close();
      process.exit(INTERRUPTED);
    });
  }
}

/** With `watch` it returns when the proxy refuses, was never there, or is away for long where nobody sees it. */
export async function showStatus(
  client: AdminClient,
  { json, watch }: StatusOptions,
  out: Output,
  errors: Output,
  { screen, lookIntervalMs = LOOK_INTERVAL_MS }: Watching = {},
): Promise<number> {
  const progress = new Progress(out, errors);
  const paint = paintFor(out);
  let heardAt = Number.NEGATIVE_INFINITY;
  let shown = '';
  for (;;) {
    const result = await client.status();
    if (result.kind === 'ok') {
      heardAt = performance.now();
      shown = json ? result.text.trimEnd() : statusText(result.answer, Date.now(), paint, screen && MOST_OF_NAME);
      if (screen) screen.show(shown);
      else out.write(`${shown}\n${watch && !json ? '\n' : ''}`);
    } else if (watch && screen && shown !== '' && result.kind === 'unreachable') {
      const ago = roughly(performance.now() - heardAt);
      screen.show(`${paint('red', `${result.message}; this is of ${ago} ago`)}\n${shown}`);
    } else if (!watch || result.kind === 'refused' || performance.now() - heardAt > PATIENCE_MS) {
      screen?.close();
      progress.warn(result.message);
      return FAILED;
    }
    if (!watch) return DONE;
    await sleep(lookIntervalMs);
  }
}

const HEADINGS = ['NODE', 'STATE', 'FOR', 'SESSIONS', 'CONNECTIONS', 'TUNNELS', 'REQUESTS', 'NOTE'] as const;

/** `now`: ms since the epoch; `mostOfName`: longer names of nodes are cut in the middle. */
export function statusText(status: ShownStatus, now: number, paint: Paint, mostOfName = Infinity): string {
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
      nodes.map((node) => rowOf({ ...node, name: shortened(node.name, mostOfName) }, now)),
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

const STATE_STYLES: Readonly<Record<string, Style>> = {
  up: 'green',
  draining: 'yellow',
  maintenance: 'yellow',
  down: 'red',
};

function rowOf(node: ShownNode, now: number): Row {
  const { name, operator, since, sessions, capacity, connections, tunnels, requests } = node;
  // Down because somebody wants it so is no failure.
  const state = operator.state === 'maintenance' ? operator.state : node.state;
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

/** Names that orchestrators make differ at their ends. */
function shortened(name: string, most: number): string {
  if (name.length <= most) return name;
  const half = Math.floor((most - 1) / 2);
  return `${name.slice(0, half)}…${name.slice(-half)}`;
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
