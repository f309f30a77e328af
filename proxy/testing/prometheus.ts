/** A Prometheus of its own for a test, with whatever configuration the test gives it; gone with the test. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { ask } from './http-client.ts';

const answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: z.unknown() }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);
const samples = z.object({
  result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
});

export interface PrometheusSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Prometheus {
  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
  }

  /** Resolves when it serves. `file`: its configuration. */
  static async start(t: TestContext, file: string, flags: readonly string[] = []): Promise<Prometheus> {
    const storage = await mkdtemp(join(tmpdir(), 'cobrowse-prometheus-'));
    const child = spawn(
      'prometheus',
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${storage}`,
        '--web.listen-address=127.0.0.1:0',
        '--log.format=json',
        ...flags,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const exited = once(child, 'close');
    t.after(async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(storage, { recursive: true });
    });
    let port = 0;
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      lines.push(line);
      port ||= Number(/"address":"127\.0\.0\.1:(\d+)".*"Listening on"/.exec(line)?.[1] ?? 0);
      if (!line.includes('ready to receive web requests')) continue;
      child.stderr.resume();
      return new Prometheus(port);
    }
    throw new Error(`prometheus did not start: ${lines.join('\n')}`);
  }

  /**
   * An instant query; its samples that are numbers. Rejects with what Prometheus says of a query that it cannot answer.
   */
  async query(expression: string): Promise<readonly PrometheusSample[]> {
    const data = await this.read(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    return samples
      .parse(data)
      .result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }))
      .filter(({ value }) => !Number.isNaN(value));
  }

  async read(path: string): Promise<unknown> {
    const { body } = await ask(this.#port, { path });
    const parsed = answer.parse(JSON.parse(body));
    assert.ok(parsed.status === 'success', parsed.status === 'error' ? `${path}: ${parsed.error}` : '');
    return parsed.data;
  }
}
