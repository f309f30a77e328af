/** An ordinary HTTP client, and answers read from raw bytes. */
import { once } from 'node:events';
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Without one the connection is closed after the answer. */
  readonly agent?: Agent;
}

/** Rejects when the answer is cut off. */
export async function ask(port: number, options: HttpRequest = {}): Promise<HttpAnswer> {
  const { method = 'GET', path = '/', headers = {}, body, agent } = options;
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: agent ?? false });
  // An error after the head is the answer's.
  outgoing.on('error', () => {});
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString('latin1'),
  };
}

/** The `code` of a refusal by the proxy. */
export function refusalCode({ body }: HttpAnswer): string {
  const { error } = JSON.parse(body) as { error: { code: string } };
  return error.code;
}
