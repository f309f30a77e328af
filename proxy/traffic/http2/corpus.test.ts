/**
 * The corpus over HTTP/2, through the whole proxy: what is refused, or reset, reaches no node; what is forwarded is one
 * request to a strict and to a lenient node; and the next stream and the next connection are served.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { REQUEST_CASES } from '../../http/corpus/requests.ts';
import { BROKEN_BODIES } from '../../http2/corpus/bodies.ts';
import { DOWNGRADES } from '../../http2/corpus/downgrades.ts';
import { translated } from '../../http2/corpus/translated.ts';
import { CorpusPlane } from '../../testing/corpus-plane.ts';
import { startPlane, type TestPlane } from '../../testing/data-plane.ts';
import { eventually } from '../../testing/eventually.ts';
import { exchangeRaw } from '../../testing/raw-client.ts';
import { ok, RawNode } from '../../testing/raw-node.ts';
import { readRequests } from '../../testing/read-requests.ts';
import { outcomeOf, sendHttp2Case } from '../../testing/send-http2-case.ts';

const CASES = [...DOWNGRADES, ...REQUEST_CASES.flatMap((requestCase) => translated(requestCase) ?? [])];

describe('the corpus over HTTP/2', () => {
  let corpus: CorpusPlane;
  let trusting: CorpusPlane;

  before(async () => {
    corpus = await CorpusPlane.start({ http2: true });
    trusting = await CorpusPlane.start({ http2: true, trusted: true });
  });
  after(async () => {
    await corpus.close();
    await trusting.close();
  });

  for (const http2Case of CASES) {
    const { name, source, trusted = false } = http2Case;
    it(`${name} (${source})`, async () => {
      await (trusted ? trusting : corpus).check(
        http2Case,
        (port) => sendHttp2Case(port, http2Case),
        (answers) => outcomeOf(http2Case, answers),
      );
    });
  }
});

describe('over HTTP/2, no whole request and no answer come of', () => {
  let node: RawNode;
  let plane: TestPlane;

  before(async () => {
    node = await RawNode.start(({ received, socket }) => {
      if (received.startsWith('GET /barrier ')) socket.write(ok());
    });
    plane = await startPlane([{ name: 'n1', port: node.port }], { listeners: [{ port: 0, http2: true }] });
  });
  after(async () => {
    await plane.close();
    await node.close();
  });

  for (const message of BROKEN_BODIES) {
    it(`${message.name} (${message.source})`, async () => {
      const [answer] = await sendHttp2Case(plane.port, message);
      assert.ok(answer === undefined || (answer.status >= 400 && answer.status < 500), JSON.stringify(answer));
      await eventually(() => plane.stats.inFlight === 0);
      await exchangeRaw(plane.port, 'GET /barrier HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      for (const { received } of node.connections) {
        const { requests, end } = readRequests([Buffer.from(received, 'latin1')]);
        assert.ok(end === 'complete' || end === 'incomplete', received);
        assert.ok(
          requests.every(({ target }) => target === '/barrier'),
          received,
        );
      }
    });
  }
});
