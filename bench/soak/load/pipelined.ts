/** Requests written at once on one connection, whose answers have to come in their order. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { refusalCode } from '../../harness/refusal.ts';
import { ID_HEADER, PATHS } from '../protocol.ts';
import { describe, isAnswerTo } from './ask.ts';
import { Loop } from './loop.ts';
import type { Failure } from './tally.ts';

const AT_ONCE = { min: 2, max: 6 };
const PATIENCE_MS = 30_000;

export class Pipelined extends Loop {
  readonly pauseMs = 100;
  #count = 0;

  protected async once(): Promise<void> {
    const requests = Array.from({ length: this.random.between(AT_ONCE.min, AT_ONCE.max) }, () => ({
      id: this.tally.id('pipelined'),
      // Quick after slow: one that overtakes would be seen.
      path: `${this.random.between(0, 3) === 0 ? PATHS.slow : PATHS.page}/pipelined-${this.#count++}`,
    }));
    const from = Date.now();
    const received = await exchange(
      this.port,
      requests.map(({ id, path }, index) => {
        const last = index === requests.length - 1 ? 'Connection: close\r\n' : '';
        return `GET ${path} HTTP/1.1\r\nHost: a\r\n${ID_HEADER}: ${id}\r\n${last}\r\n`;
      }),
    );
    const { answers, rest } = readAnswers(received);
    for (const [index, { id, path }] of requests.entries()) {
      const answer = answers[index];
      if (answer !== undefined && answer.status === 200 && isAnswerTo(answer.body, id, path)) {
        this.tally.ok.pipelined++;
        continue;
      }
      // RFC 9112 §9.6: what is behind an answer that closes is not processed, and its client sends it again.
      if (answer === undefined && answers.at(-1)?.closes) return;
      const failure = { ...describe(id, { kind: 'pipelined' }), ...classify(answer, rest), from, until: Date.now() };
      this.tally.failures.push(failure);
      // What is behind it was not answered for the same reason.
      return;
    }
  }
}

type Answer = { readonly status: number; readonly body: string; readonly closes: boolean };

function classify(answer: Answer | undefined, rest: string): Pick<Failure, 'what' | 'status' | 'code' | 'detail'> {
  if (answer === undefined) return { what: rest === '' ? 'reset' : 'cut', status: 0, code: '', detail: rest };
  const { status, body } = answer;
  return { what: status === 200 ? 'wrong' : 'status', status, code: refusalCode(body), detail: body };
}

/** Resolves with all that came until the connection closed. */
async function exchange(port: number, requests: readonly string[]): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
  });
  socket.on('error', () => {});
  socket.write(requests.join(''));
  const patience = new AbortController();
  await Promise.race([
    once(socket, 'close', patience).catch(() => {}),
    sleep(PATIENCE_MS, undefined, patience).catch(() => {}),
  ]);
  patience.abort();
  socket.destroy();
  return received;
}

/** Answers that are whole, by their Content-Length, and what is left over. */
export function readAnswers(text: string): { readonly answers: readonly Answer[]; readonly rest: string } {
  const answers: Answer[] = [];
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end === -1) return { answers, rest: text.slice(at) };
    const head = text.slice(at, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const body = text.slice(end + 4, end + 4 + length);
    if (body.length < length) return { answers, rest: text.slice(at) };
    answers.push({ status: Number(head.slice(9, 12)), body, closes: /\r\nconnection: *close/i.test(head) });
    at = end + 4 + length;
  }
}
