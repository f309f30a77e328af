import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskedFrame, plainFrame, readFrame } from './frame.ts';

test('what a client masks is what the node reads, and it ends where the frame ends', () => {
  for (const length of [0, 1, 125, 126, 0xffff, 0x10000]) {
    const payload = Buffer.from(Array.from({ length }, (_, index) => index % 251));
    for (const frame of [maskedFrame(payload), plainFrame(payload)]) {
      const read = readFrame(Buffer.concat([frame, Buffer.from('more')]));
      assert.deepEqual([read?.payload.equals(payload), read?.close, read?.end], [true, false, frame.length]);
      assert.equal(readFrame(frame.subarray(0, -1)), undefined);
    }
  }
});

test("the example of the RFC: a masked 'Hello', and a close", () => {
  const hello = Buffer.from('818537fa213d7f9f4d5158', 'hex');
  assert.equal(readFrame(hello)?.payload.toString(), 'Hello');
  assert.equal(maskedFrame(Buffer.from('Hello')).subarray(1).toString('hex'), hello.subarray(1).toString('hex'));
  assert.equal(readFrame(Buffer.from([0x88, 0]))?.close, true);
});
