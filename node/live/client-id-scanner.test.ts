import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClientIdScanner } from './client-id-scanner.ts';

/** What it finds in a body that comes in pieces of this many bytes. */
function scan(body: string, piece = body.length): readonly string[] {
  const found: string[] = [];
  const scanner = new ClientIdScanner((clientId) => found.push(clientId));
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += piece) scanner.scan(bytes.subarray(at, at + piece));
  return found;
}

const field = fc.oneof(fc.constantFrom('clientId', 'channel', 'id', 'data', '"', '\\', 'client"Id'), fc.string());
const value = fc.oneof(fc.jsonValue(), fc.constantFrom('clientId', 'a"b', '\\', { clientId: 'inner' }, [['clientId']]));
const message = fc.dictionary(field, value, { noNullPrototype: true });
const plain = /^[ !#-[\]-~]{0,64}$/;

test('finds the client ids of the messages, and no other, wherever the body is cut', () => {
  fc.assert(
    fc.property(
      fc.oneof(message, fc.array(message)),
      fc.nat(2),
      fc.integer({ min: 1, max: 9 }),
      (body, space, piece) => {
        const ids = (Array.isArray(body) ? body : [body]).map(({ clientId }) => clientId);
        const expected = ids.filter((id) => typeof id === 'string' && plain.test(id));
        assert.deepEqual(scan(JSON.stringify(body, null, space), piece), expected);
      },
    ),
  );
});

test('behind data as the stock client writes it, and before what never ends', () => {
  const id = 'a'.repeat(40);
  const data = '{"css":"\\"clientId\\":\\"x\\"","clientId":"inner"}';
  assert.deepEqual(scan(`[{"channel":"/x","data":${data},"id":"7","clientId":"${id}"}]`), [id]);
  assert.deepEqual(scan(`{"clientId":"${id}","data":"xxx`), [id]);
});

test('keeps no more of a body than a client id is long', () => {
  assert.deepEqual(scan(`{"clientId":"${'x'.repeat(65)}"}`), []);
});

test('never fails, whatever it gets', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      new ClientIdScanner(() => {}).scan(Buffer.from(bytes));
    }),
  );
});
