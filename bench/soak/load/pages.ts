/** Unbound requests: pages, quick and slow, on kept and on new connections, and uploads. */
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { PATHS } from '../protocol.ts';
import { ask } from './ask.ts';
import { Loop } from './loop.ts';

/** Not idempotent: by the proxy's rule none of these is sent twice. */
const UPLOAD = { chunks: 8, bytes: 32 * 1024 };

export class KeptPages extends Loop {
  readonly pauseMs = 60;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #count = 0;

  protected async once(): Promise<void> {
    await ask(this.port, this.tally, { kind: 'page', path: `${PATHS.page}/kept-${this.#count++}`, agent: this.#agent });
  }

  override async stop(): Promise<void> {
    await super.stop();
    this.#agent.destroy();
  }
}

export class NewPages extends Loop {
  readonly pauseMs = 60;
  #count = 0;

  protected async once(): Promise<void> {
    await ask(this.port, this.tally, { kind: 'page', path: `${PATHS.page}/new-${this.#count++}` });
  }
}

export class SlowPages extends Loop {
  readonly pauseMs = 20;
  #count = 0;

  protected async once(): Promise<void> {
    await ask(this.port, this.tally, { kind: 'slow', path: `${PATHS.slow}/${this.#count++}` });
  }
}

export class Uploads extends Loop {
  readonly pauseMs = 100;

  protected async once(): Promise<void> {
    const hash = createHash('sha1');
    const body = Array.from({ length: this.random.between(1, UPLOAD.chunks) }, () => {
      const chunk = Buffer.alloc(this.random.between(1, UPLOAD.bytes), this.random.between(0, 255));
      hash.update(chunk);
      return chunk;
    });
    const question = { kind: 'upload', method: 'POST', path: PATHS.upload, body } as const;
    const from = Date.now();
    const facts = await ask(this.port, this.tally, question);
    const sha1 = hash.digest('hex');
    if (facts === undefined || facts.sha1 === sha1) return;
    this.tally.failures.push({
      id: String(facts.id),
      kind: 'upload',
      idempotent: false,
      from,
      until: Date.now(),
      session: undefined,
      sessionSince: 0,
      what: 'wrong',
      status: 200,
      code: '',
      detail: `another body arrived than was sent: ${sha1} became ${String(facts.sha1)}`,
    });
  }
}
