/** Requests that their client gives up: before the answer, in the midst of it, and in the midst of an upload. */
import { request } from 'node:http';
import { ID_HEADER, LARGE_BYTES, PATHS } from '../protocol.ts';
import { boundHeaders } from './ask.ts';
import { Loop } from './loop.ts';
import { create } from './sessions.ts';

const SOON_MS = { min: 0, max: 120 };
const PIECE = Buffer.alloc(16 * 1024, 'u');

export class Aborted extends Loop {
  readonly pauseMs = 60;

  protected async once(): Promise<void> {
    const way = this.random.between(0, 3);
    if (way === 0) await this.#abandon('GET', PATHS.slow);
    else if (way === 1) await this.#abandon('GET', PATHS.large);
    else if (way === 2) await this.#abandon('POST', PATHS.upload, { 'content-length': String(LARGE_BYTES) });
    else {
      const bound = await create(this.port, this.tally);
      if (bound !== undefined) await this.#abandon('POST', PATHS.poll, boundHeaders(bound));
    }
    this.tally.ok.aborted++;
  }

  async #abandon(method: 'GET' | 'POST', path: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const id = this.tally.id('aborted');
    const sent = request({
      host: '127.0.0.1',
      port: this.port,
      method,
      path,
      headers: { ...headers, [ID_HEADER]: id },
      agent: false,
    });
    // What comes of it is of no interest, but that nothing of it stays.
    sent.on('error', () => {});
    sent.on('response', (answer) => answer.on('error', () => {}).once('data', () => answer.pause()));
    if ('content-length' in headers) sent.write(PIECE);
    else sent.end();
    await this.pause(this.random.between(SOON_MS.min, SOON_MS.max));
    sent.destroy();
  }
}
