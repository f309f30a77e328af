/** A WebSocket with traffic: each message comes back as it was, and nobody but its user closes it. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { refusalCode } from '../../harness/refusal.ts';
import { ID_HEADER, PATHS } from '../protocol.ts';
import { type BoundTo, boundHeaders, describe } from './ask.ts';
import { Loop } from './loop.ts';
import { create } from './sessions.ts';
import type { Failure } from './tally.ts';

const MESSAGES = { min: 10, max: 80 };
const MESSAGE_BYTES = { min: 16, max: 16 * 1024 };
const BETWEEN_MS = 250;
const PATIENCE_MS = 30_000;

type Bad = Pick<Failure, 'what' | 'status' | 'code' | 'detail'>;

export class Sockets extends Loop {
  readonly pauseMs = 100;

  protected async once(): Promise<void> {
    const bound = await create(this.port, this.tally);
    if (bound === undefined) return;
    const id = this.tally.id('socket');
    const from = Date.now();
    const bad = await this.#hold(id, bound);
    if (bad === undefined) this.tally.ok.socket++;
    else {
      const described = describe(id, { kind: 'socket', bound });
      this.tally.failures.push({
        ...described,
        ...bad,
        from: bad.what === 'status' ? from : Date.now(),
        until: Date.now(),
      });
    }
  }

  /** Resolves when all messages are exchanged, or with what went wrong. */
  async #hold(id: string, bound: BoundTo): Promise<Bad | undefined> {
    const headers = { ...boundHeaders(bound), [ID_HEADER]: id };
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${PATHS.socket}`, { headers, perMessageDeflate: false });
    const bad = watch(socket);
    const patience = setTimeout(() => socket.emit('mute'), PATIENCE_MS);
    try {
      const opened = once(socket, 'open').then(
        () => undefined,
        () => undefined,
      );
      const refused = await Promise.race([bad, opened]);
      if (refused !== undefined) return refused;
      for (let left = this.random.between(MESSAGES.min, MESSAGES.max); left > 0 && !this.stopped; left--) {
        const message = Buffer.alloc(this.random.between(MESSAGE_BYTES.min, MESSAGE_BYTES.max), left);
        patience.refresh();
        const heard = new Promise<Bad | undefined>((resolve) => {
          socket.once('message', (data: Buffer) => resolve(data.equals(message) ? undefined : wrong(data)));
        });
        socket.send(message);
        const problem = await Promise.race([bad, heard]);
        if (problem !== undefined) return problem;
        await this.pause(BETWEEN_MS);
      }
      return undefined;
    } finally {
      clearTimeout(patience);
      socket.terminate();
    }
  }
}

const wrong = (data: Buffer): Bad => ({ what: 'wrong', status: 101, code: '', detail: `${data.length} other bytes` });

/** Resolves when it is refused, closed, or nothing is heard any more. */
function watch(socket: WebSocket): Promise<Bad> {
  return new Promise((resolve) => {
    let open = false;
    let why = 'closed';
    socket.on('open', () => {
      open = true;
    });
    socket.on('error', (error) => {
      why = error.message;
    });
    socket.on('mute', () => resolve({ what: 'timeout', status: 0, code: '', detail: 'no message back' }));
    socket.on('unexpected-response', (_request, answer: IncomingMessage) => {
      let body = '';
      answer.setEncoding('latin1').on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('error', () => {});
      answer.on('close', () => {
        resolve({ what: 'status', status: answer.statusCode ?? 0, code: refusalCode(body), detail: body });
        socket.terminate();
      });
    });
    socket.on('close', () => resolve({ what: open ? 'cut' : 'reset', status: 0, code: '', detail: why }));
  });
}
