/** A bound client on a WebSocket that sends a message at fixed times and wants each back. */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { PATHS } from '../protocol.ts';
import { Channel, type Happening, refusal } from './channel.ts';

const MESSAGE_EVERY_MS = 200;

export class SocketChannel extends Channel {
  readonly kind = 'socket';

  protected hold(headers: Readonly<Record<string, string>>, stop: AbortSignal): Promise<Happening> {
    const { port, timeoutMs } = this.options;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${PATHS.socket}`, { headers, perMessageDeflate: false });
    let heardAt = Date.now();
    let outcome: Happening = { what: 'cut' };
    const timer = setInterval(() => {
      if (Date.now() - heardAt > timeoutMs) {
        outcome = { what: 'mute' };
        socket.terminate();
      } else if (socket.readyState === WebSocket.OPEN) socket.send('ping');
    }, MESSAGE_EVERY_MS);
    const abort = (): void => socket.terminate();
    stop.addEventListener('abort', abort, { once: true });

    return new Promise((resolve) => {
      const end = (): void => {
        clearInterval(timer);
        stop.removeEventListener('abort', abort);
        resolve(outcome);
      };
      socket.on('upgrade', (answer) => this.keepCookies(answer.headers['set-cookie']));
      socket.on('open', () => {
        this.happened({ what: 'open' });
        heardAt = Date.now();
      });
      socket.on('message', () => {
        heardAt = Date.now();
      });
      socket.on('unexpected-response', (_request, answer: IncomingMessage) => {
        const { statusCode = 0 } = answer;
        const setCookie = answer.headers['set-cookie'];
        this.keepCookies(setCookie);
        readAll(answer).then((body) => {
          outcome = refusal(statusCode, setCookie, body);
          socket.terminate();
        });
      });
      socket.on('error', () => {});
      socket.on('close', end);
    });
  }
}

async function readAll(answer: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of answer) body += String(chunk);
  } catch {
    // Broken off: what came is all there is.
  }
  return body;
}
