/**
 * A collector that is away, slow or sick: traffic does not notice, memory stays bounded, and what is lost is counted.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { SpanCounts } from '../observe/span-counts.ts';
import { refusedPort } from '../pool/testing/servers.ts';
import { eventually } from '../testing/eventually.ts';
import { clientFor, nodeFor } from '../testing/for-test.ts';
import { answering, ok } from '../testing/raw-node.ts';
import { SpanExport } from './span-export.ts';
import { Collector } from './testing/collector.ts';
import { tracedPlaneFor } from './testing/traced-plane.ts';

const REQUESTS = 20;
/** A server's and a client's each. */
const SPANS = 2 * REQUESTS;

describe('a collector', () => {
  it('that answers 500 loses spans, which are counted, and is told of once', async (t) => {
    const collector = await Collector.start(t);
    collector.mood = 'errors';
    const node = await nodeFor(t, answering(ok()));
    const nodes = [{ name: 'CB_1', port: node.port }];
    const plane = await tracedPlaneFor(t, nodes, { endpoint: collector.endpoint, ratio: 1, perSecond: 1000 });
    const client = await clientFor(t, plane);
    const ask = async (times: number): Promise<void> => {
      const before = client.received.split('HTTP/1.1 200').length;
      for (let i = 0; i < times; i++) client.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.until((received) => received.split('HTTP/1.1 200').length === before + times);
    };
    await ask(REQUESTS);
    await eventually(() => plane.stats.spans.failed === SPANS);
    await ask(1);
    await eventually(() => plane.stats.spans.failed === SPANS + 2);
    assert.equal(plane.stats.spans.exported, 0);
    assert.equal(plane.logged.length, 1);
    assert.match(plane.logged[0] ?? '', /spans cannot be exported/);
    collector.mood = 'well';
    await ask(1);
    await eventually(() => plane.stats.spans.exported === 2);
    assert.equal(plane.logged.length, 2);
    assert.match(plane.logged[1] ?? '', /spans are exported again/);
    assert.deepEqual({ ...plane.stats.snapshot().spans }, { exported: 2, failed: SPANS + 2, dropped: 0, limited: 0 });
  });

  it('that does not answer at all leaves no more spans waiting than there is room for', async (t) => {
    const collector = await Collector.start(t);
    collector.mood = 'silent';
    const counts = new SpanCounts();
    const spans = new SpanExport(counts, { info: () => {}, warn: () => {} });
    spans.sendTo(collector.endpoint);
    const tracer = new TracerProvider({ spanProcessors: [spans] }).getTracer('test');
    for (let i = 0; i < 10_000; i++) tracer.startSpan('span').end();
    assert.ok(counts.dropped >= 7000, `${counts.dropped} dropped`);
    await collector.asked();
    const { dropped } = counts;
    for (let i = 0; i < 1000; i++) tracer.startSpan('span').end();
    assert.equal(counts.dropped, dropped + 1000);
    collector.recover();
    await spans.shutdown();
    assert.equal(counts.exported, 11_000 - counts.dropped, 'the others were only late');
  });

  it('that is not there harms no traffic, and a shutdown does not wait for it', async (t) => {
    const { OTEL_EXPORTER_OTLP_TIMEOUT: timeout } = process.env;
    t.after(() => {
      if (timeout === undefined) delete process.env.OTEL_EXPORTER_OTLP_TIMEOUT;
    });
    // The exporter tries for so long: longer than a busy machine takes for the rest.
    process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '20000';
    const node = await nodeFor(t, answering(ok()));
    const endpoint = `http://127.0.0.1:${await refusedPort()}`;
    const plane = await tracedPlaneFor(t, [{ name: 'CB_1', port: node.port }], { endpoint, ratio: 1 });
    const client = await clientFor(t, plane);
    client.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until('ok');
    await plane.tracing.close(1);
    assert.equal(plane.stats.spans.failed, 0, 'the exporter has not given up yet');
  });
});
