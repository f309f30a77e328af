/** One request on a connection of its own, so that every failure is the balancer's or its nodes' doing. */
import { type IncomingHttpHeaders, request } from 'node:http';

export type Question = {
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Date.now() after which it counts as timed out. */
  readonly deadline: number;
};

export type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  /** `reset`: broken off at any point, refused included. */
  | { readonly kind: 'reset' | 'timeout' };

/** Never rejects. An answer is one only when its last byte has come. */
export function ask({ port, method, path, headers, deadline }: Question, stop?: AbortSignal): Promise<Reply> {
  return new Promise((resolve) => {
    let timedOut = false;
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
    const timer = setTimeout(() => {
      timedOut = true;
      sent.destroy();
    }, deadline - Date.now());
    const abort = (): void => void sent.destroy();
    stop?.addEventListener('abort', abort, { once: true });
    const end = (reply: Reply): void => {
      clearTimeout(timer);
      stop?.removeEventListener('abort', abort);
      resolve(reply);
    };
    const failed = (): void => end({ kind: timedOut ? 'timeout' : 'reset' });
    sent.on('error', failed);
    sent.on('response', (answer) => {
      let body = '';
      answer.setEncoding('latin1');
      answer.on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('error', failed);
      answer.on('end', () => {
        end({ kind: 'answer', status: answer.statusCode ?? 0, headers: answer.headers, body });
      });
      answer.on('close', failed);
    });
    sent.end();
  });
}
