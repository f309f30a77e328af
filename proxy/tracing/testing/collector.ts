/** A collector of traces on a port of its own: takes OTLP over HTTP in JSON, and keeps every span. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { Waiters } from '../../testing/waiters.ts';

const value = z.union([
  z.object({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
  z.object({ intValue: z.coerce.number() }).transform(({ intValue }) => intValue),
  z.object({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
  z.object({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
]);
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .transform((list) => Object.fromEntries(list.map((attribute) => [attribute.key, attribute.value])));
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  traceState: z.string().default(''),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes,
  events: z.array(z.object({ name: z.string() })).default([]),
  status: z.object({ code: z.number().default(0) }),
});
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

export type CollectedSpan = z.output<typeof span> & { readonly resource: z.output<typeof attributes> };

export const SERVER = 2;
export const CLIENT = 3;

export class Collector {
  /** How it takes spans. */
  mood: 'well' | 'errors' | 'silent' = 'well';
  /** Bodies, as they came. */
  readonly bodies: string[] = [];
  readonly spans: CollectedSpan[] = [];
  readonly paths: string[] = [];
  requests = 0;
  readonly #held: (() => void)[] = [];
  readonly #waiters = new Waiters();
  readonly #server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk) => {
      body += chunk;
    });
    incoming.on('end', () => this.#take(incoming.url ?? '', body, response));
  });

  /** Ends with the test. */
  static async start(t: TestContext): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    t.after(() => {
      collector.#server.close();
      collector.#server.closeAllConnections();
    });
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when that many spans pass the test. */
  collected(count: number, test: (span: CollectedSpan) => boolean = () => true): Promise<readonly CollectedSpan[]> {
    return this.#waiters.when(() => {
      const found = this.spans.filter(test);
      return found.length >= count ? found : undefined;
    });
  }

  /** Takes spans again, and those that it has not answered to. */
  recover(): void {
    this.mood = 'well';
    for (const take of this.#held.splice(0)) take();
  }

  /** Resolves when it was asked to take some. */
  asked(): Promise<true> {
    return this.#waiters.when(() => (this.requests > 0 ? true : undefined));
  }

  #take(path: string, body: string, response: ServerResponse): void {
    this.requests++;
    this.paths.push(path);
    if (this.mood === 'well') {
      this.bodies.push(body);
      for (const { resource, scopeSpans } of request.parse(JSON.parse(body)).resourceSpans) {
        for (const { spans } of scopeSpans) {
          this.spans.push(...spans.map((one) => ({ ...one, resource: resource.attributes })));
        }
      }
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    } else if (this.mood === 'errors') response.writeHead(500).end();
    else this.#held.push(() => this.#take(path, body, response));
    this.#waiters.wake();
  }
}
