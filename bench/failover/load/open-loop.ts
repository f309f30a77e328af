/** Unbound requests at fixed times, whatever became of those before; latency counts from the intended start. */
import { refusalCode } from '../../harness/refusal.ts';
import { Schedule } from '../../load/schedule.ts';
import { ID_HEADER } from '../protocol.ts';
import { ask, type Reply } from './ask.ts';

export type Kind = 'get' | 'create';

export type Sample = {
  readonly id: string;
  /** `message`: not a request, but of a live channel. */
  readonly kind: Kind | 'message';
  /** Date.now() when it was due, and when it was over. */
  readonly due: number;
  readonly end: number;
  /** `status`: answered, but not with 2xx. */
  readonly outcome: 'ok' | 'status' | 'reset' | 'timeout';
  readonly status: number;
  /** The code of one of this proxy's own refusals, or ''. */
  readonly code: string;
};

export type Stream = {
  readonly kind: Kind;
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly timeoutMs: number;
};

const TICK_MS = 2;

export class OpenLoop {
  readonly samples: Sample[] = [];
  readonly #stream: Stream;
  readonly #outstanding = new Set<Promise<void>>();
  readonly #schedule: Schedule;
  readonly #timer: NodeJS.Timeout;
  #sent = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.#schedule = new Schedule(Date.now(), stream.perSecond);
    this.#timer = setInterval(() => this.#catchUp(), TICK_MS);
  }

  /** Sends no more; resolves when everything sent is over, at the latest after the timeout. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#outstanding);
  }

  /** Everything that is due by now, also what the event loop was too late for. */
  #catchUp(): void {
    for (let due = this.#nextDue(); due !== undefined; due = this.#nextDue()) {
      const one = this.#send(`${this.#stream.kind}-${this.#sent++}`, due).finally(() => this.#outstanding.delete(one));
      this.#outstanding.add(one);
    }
  }

  #nextDue(): number | undefined {
    return this.#schedule.next(Date.now());
  }

  async #send(id: string, due: number): Promise<void> {
    const { kind, port, path, timeoutMs } = this.#stream;
    const reply = await ask({
      port,
      method: kind === 'get' ? 'GET' : 'POST',
      path,
      headers: { [ID_HEADER]: id, connection: 'close' },
      deadline: due + timeoutMs,
    });
    this.samples.push({ id, kind, due, end: Date.now(), ...outcomeOf(reply) });
  }
}

function outcomeOf(reply: Reply): Pick<Sample, 'outcome' | 'status' | 'code'> {
  if (reply.kind !== 'answer') return { outcome: reply.kind, status: 0, code: '' };
  const { status, body } = reply;
  if (status >= 200 && status <= 299) return { outcome: 'ok', status, code: '' };
  return { outcome: 'status', status, code: refusalCode(body) };
}
