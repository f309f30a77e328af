/** Why a node could not start, as one line for an operator. */

/** As the system reports a failed `listen`, or a look-up before it. */
interface SystemError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly hostname?: string;
  readonly port?: number;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; expected a free one, see --port and --metrics-port',
  EACCES: 'permission denied; expected a port that this user may open, see --port and --metrics-port',
  EADDRNOTAVAIL: 'no such address here; expected one of this machine, see --host and --metrics-host',
  ENOTFOUND: 'no such address here; expected one of this machine, see --host and --metrics-host',
  EAI_AGAIN: 'no such address here; expected one of this machine, see --host and --metrics-host',
};

export function describeListenError(error: unknown): string {
  if (!(error instanceof Error)) return `cannot start: ${String(error)}`;
  const { code = '', address, hostname = '', port, message }: SystemError = error;
  const reason = REASONS[code];
  if (reason === undefined) return `cannot start: ${message.replace(/\s*\n\s*/g, ' ')}`;
  const host = address ?? hostname;
  const where = port === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `cannot listen on ${where}: ${reason}`;
}
