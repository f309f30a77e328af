/** What a fresh cluster says: where everything is, and lines to paste into a shell. */

export interface Address {
  readonly host: string;
  readonly port: number;
}

interface Place {
  readonly name: string;
  readonly url: string;
  readonly note: string;
  readonly pid: number | undefined;
}

export interface NodePlace extends Place {
  readonly metrics: Address;
}

export interface Welcome {
  /** The proxy's public listener. */
  readonly listener: Address;
  readonly admin: Address;
  /** Path of the web application, `''` for the root. */
  readonly base: string;
  readonly proxyPid: number | undefined;
  readonly nodes: readonly NodePlace[];
}

/** JSON answers have no final line end, hence `-w '\n'`: the shell's prompt should not stick to them. */
export function welcomeText({ listener, admin, base, proxyPid, nodes }: Welcome): string {
  const origin = urlOf(listener);
  const operator = urlOf(admin);
  const sessions = `${origin}${base}/rest/live/sessions`;
  const places: readonly Place[] = [
    { name: 'proxy', url: `${origin}${base}`, note: '', pid: proxyPid },
    { name: 'admin', url: operator, note: 'dashboard; /status /metrics /live /ready', pid: undefined },
    ...nodes,
  ];
  const victim = nodes.find((node) => node.pid !== undefined);
  return [
    '',
    'The cluster is up; Ctrl-C stops it.',
    '',
    ...table(places.map(({ name, url, note, pid }) => [name, url, pid === undefined ? '' : `pid ${pid}`, note])),
    '',
    'Open both pages, each in a window of its own: what the customer does in the form, the agent sees:',
    `  ${origin}${base}/demo/customer`,
    `  ${origin}${base}/demo/agent`,
    'Create a session; the cookie in the answer names its node:',
    `  curl -i -w '\\n' -X POST ${sessions}`,
    'Ask for a session, as an agent does, without a cookie:',
    `  TOKEN=$(curl -s -X POST ${sessions} | sed 's/.*"sessionToken" *: *"\\([0-9]*\\)".*/\\1/')`,
    `  curl -i -w '\\n' -H 'Origin: ${origin}' "${sessions}/$TOKEN"`,
    'Health, status and metrics:',
    `  curl -i ${origin}${base}/health`,
    `  curl -s -w '\\n' ${operator}/status`,
    `  curl -s ${operator}/metrics`,
    ...nodes.map(({ name, metrics }) => `  curl -s ${urlOf(metrics)}/metrics # ${name}`),
    ...(victim ? [`Take ${victim.name} away and see the others take over:`, `  kill -9 ${victim.pid}`] : []),
    '',
  ].join('\n');
}

/** A wildcard is no address to call: loopback stands for it. */
function urlOf({ host, port }: Address): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
