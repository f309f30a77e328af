import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dataFrame, frame, headersFrame, pseudo, resetFrame, word } from '../testing/http2-frames.ts';
import { FrameRules } from './frame-rules.ts';
import { FrameScanner } from './frame-scanner.ts';
import {
  ACK,
  DATA,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  MAX_WINDOW,
  NO_ERROR,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  STREAM_CLOSED,
  WINDOW_UPDATE,
} from './frames.ts';

const STREAMS = 10;

class Connection {
  readonly clock = { now: 0 };
  readonly rules = new FrameRules({ headerBlock: 1_000, streams: STREAMS }, this.clock);
  readonly #inbound = new FrameScanner((seen) => this.rules.inbound(seen));
  readonly #outbound = new FrameScanner((seen) => this.rules.outbound(seen));

  /** Bytes of these frames of the client that go on. */
  says(...frames: readonly Buffer[]): number {
    let passed = 0;
    this.#inbound.feed(Buffer.concat(frames), (range) => {
      passed += range.length;
    });
    return passed;
  }

  hears(...frames: readonly Buffer[]): void {
    this.#outbound.feed(Buffer.concat(frames), () => {});
  }
}

const OPEN = { ends: false };
const post = (stream: number) => headersFrame(stream, pseudo({ method: 'POST' }), OPEN);

describe('the rules of frames', () => {
  const breaches: [string, readonly Buffer[], number][] = [
    ['data after the end of a request', [headersFrame(1), dataFrame(1, 'x')], STREAM_CLOSED],
    ['data after the end of a body', [post(1), dataFrame(1, 'x', { ends: true }), dataFrame(1, 'x')], STREAM_CLOSED],
    ['data after a reset by the client', [post(1), resetFrame(1), dataFrame(1, 'x')], STREAM_CLOSED],
    ['a second head after a reset', [post(1), resetFrame(1), headersFrame(1)], STREAM_CLOSED],
    ['a second head', [headersFrame(1), headersFrame(1)], STREAM_CLOSED],
    ['a stream that was skipped', [headersFrame(1), headersFrame(7), headersFrame(3)], PROTOCOL_ERROR],
    ['a priority of no stream', [frame(PRIORITY, 0, 0, Buffer.alloc(5))], PROTOCOL_ERROR],
    ['a stream that depends on itself', [frame(PRIORITY, 0, 3, Buffer.of(0, 0, 0, 3, 0))], PROTOCOL_ERROR],
    ['a window that overflows', [frame(WINDOW_UPDATE, 0, 0, word(MAX_WINDOW))], FLOW_CONTROL_ERROR],
    ['a head that is too long', [headersFrame(1, [['x', 'y'.repeat(1_000)]])], ENHANCE_YOUR_CALM],
  ];
  for (const [what, frames, code] of breaches) {
    it(`end a connection for ${what}`, () => {
      const connection = new Connection();
      const before = Buffer.concat(frames.slice(0, -1)).length;
      assert.equal(connection.says(...frames), before);
      assert.equal(connection.rules.verdict, code);
      assert.equal(connection.says(headersFrame(99)), 0);
    });
  }

  const allowed: [string, readonly Buffer[], readonly Buffer[], readonly Buffer[]][] = [
    [
      'data of a stream that was reset here',
      [post(1)],
      [resetFrame(1, 2)],
      [dataFrame(1, 'x'), dataFrame(1, '', { ends: true })],
    ],
    ['trailers of a stream that was reset here', [post(1)], [resetFrame(1, NO_ERROR)], [headersFrame(1, [['x', 'y']])]],
    [
      'a window that is opened as far as it may',
      [],
      [frame(DATA, 0, 1, Buffer.alloc(100))],
      [frame(WINDOW_UPDATE, 0, 0, word(MAX_WINDOW - 65_535 + 100))],
    ],
    ['streams that are skipped for good', [headersFrame(1)], [], [headersFrame(101), headersFrame(103)]],
  ];
  for (const [what, before, heard, after] of allowed) {
    it(`let through ${what}`, () => {
      const connection = new Connection();
      connection.says(...before);
      connection.hears(...heard);
      assert.equal(connection.says(...after), Buffer.concat([...after]).length);
      assert.equal(connection.rules.fault, undefined);
    });
  }

  it('leave priorities out, and acknowledgements of what was never asked', () => {
    const connection = new Connection();
    assert.equal(connection.says(frame(PRIORITY, 0, 5, Buffer.alloc(5)), frame(PING, ACK, 0, Buffer.alloc(8))), 0);
    assert.equal(connection.rules.fault, undefined);
  });

  it('allow for as many resets as a page may wait for, twice, and for more as time passes', () => {
    const connection = new Connection();
    let stream = 1;
    const resetOne = () => {
      connection.says(headersFrame(stream), resetFrame(stream));
      stream += 2;
      return connection.rules.fault;
    };
    for (let n = 0; n < 2 * STREAMS; n++) assert.equal(resetOne(), undefined);
    for (let second = 0; second < 10; second++) {
      connection.clock.now += 1_000;
      for (let n = 0; n < 20; n++) assert.equal(resetOne(), undefined);
    }
    assert.equal(resetOne(), 'resets');
  });

  it('count resets by the proxy as the client’s, but for those without an error', () => {
    const connection = new Connection();
    for (let n = 0; n < 100; n++) {
      connection.says(post(2 * n + 1));
      connection.hears(resetFrame(2 * n + 1, NO_ERROR));
    }
    assert.equal(connection.rules.fault, undefined);
    for (let n = 100; n < 100 + 2 * STREAMS; n++) {
      connection.says(post(2 * n + 1));
      connection.hears(resetFrame(2 * n + 1, PROTOCOL_ERROR));
    }
    assert.equal(connection.rules.fault, undefined);
    connection.hears(resetFrame(999, PROTOCOL_ERROR));
    assert.deepEqual([connection.rules.fault, connection.rules.verdict], ['resets', ENHANCE_YOUR_CALM]);
  });

  it('never take a client for a flood that reads much and opens its windows for each piece', () => {
    const connection = new Connection();
    connection.says(headersFrame(1));
    for (let n = 0; n < 20_000; n++) {
      connection.hears(frame(DATA, 0, 1, Buffer.alloc(10)));
      connection.says(frame(WINDOW_UPDATE, 0, 0, word(10)), frame(WINDOW_UPDATE, 0, 1, word(10)));
    }
    assert.equal(connection.rules.fault, undefined);
  });

  it('remember a bounded number of streams that were reset', () => {
    const connection = new Connection();
    connection.clock.now = 1e9;
    for (let n = 0; n < 1_000; n++) {
      connection.says(post(2 * n + 1));
      connection.hears(resetFrame(2 * n + 1, NO_ERROR));
    }
    assert.equal(connection.says(dataFrame(1999, 'x')), 10);
    connection.says(dataFrame(1, 'x'));
    assert.equal(connection.rules.verdict, STREAM_CLOSED);
  });
});
