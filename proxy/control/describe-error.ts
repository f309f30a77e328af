/** An error as one line for an operator, who has no use for a stack trace. */

export interface ErrorDescription {
  readonly message: string;
  /** Of a system error, such as `EADDRINUSE`; '' for others. */
  readonly code: string;
}

const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is already in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'not permitted',
  ENOTFOUND: 'no such host',
};

export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { message: oneLine(String(error)), code: '' };
  const system: NodeJS.ErrnoException & { readonly address?: unknown; readonly port?: unknown } = error;
  const code = system.code ?? '';
  const why = LISTEN_FAILURES[code];
  if (
    why !== undefined &&
    (system.syscall === 'listen' || system.syscall === 'bind' || system.syscall === 'getaddrinfo')
  ) {
    return { message: `cannot listen on ${where(system)}: ${why}`, code };
  }
  return { message: oneLine(error.message || error.name), code };
}

function where(error: { readonly address?: unknown; readonly port?: unknown; readonly hostname?: unknown }): string {
  const host = String(error.address ?? error.hostname ?? '');
  return error.port === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${error.port}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
