/** What the admin listener answers. */
import type { ServerResponse } from 'node:http';

export interface AdminAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer goes on after its body, until whoever gets it has enough, or the listener closes. */
  readonly stream?: (response: ServerResponse) => void;
}

export function json(status: number, body: unknown): AdminAnswer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` };
}

export function errorAnswer(status: number, code: string, message: string): AdminAnswer {
  return json(status, { error: { code, message } });
}
