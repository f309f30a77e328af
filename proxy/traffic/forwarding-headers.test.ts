/** Who the client is, as nodes are told it (RFC 7239, pitfall of every proxy that believes strangers). */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { startPlane } from '../testing/data-plane.ts';
import { ParsedNode } from '../testing/parsed-node.ts';
import { exchangeRaw } from '../testing/raw-client.ts';

const FORGED = ['X-Forwarded-For: 203.0.113.7', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: b', 'Forwarded: for=c'];

/** What a node reads of a request with these lines, and the address that the log names. */
async function forward(t: TestContext, lines: readonly string[], forwarding: object = {}) {
  const node = await ParsedNode.start();
  t.after(() => node.close());
  const plane = await startPlane([{ name: 'n1', port: node.port }], { forwarding });
  t.after(() => plane.close());
  const request = ['GET /x HTTP/1.1', 'Host: a', 'Connection: close', ...lines, '', ''].join('\r\n');
  assert.match(await exchangeRaw(plane.port, request), /^HTTP\/1\.1 200 /);
  const [read, ...others] = node.requests;
  assert.ok(read);
  assert.deepEqual(others, []);
  const { clientAddress, requestId } = await plane.recorded();
  const valuesOf = (name: string) =>
    read.lines.filter((line) => line.toLowerCase().startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  return { valuesOf, clientAddress, requestId };
}

describe('forwarding headers', () => {
  it('of a stranger are replaced, and the log names the peer', async (t) => {
    const { valuesOf, clientAddress } = await forward(t, FORGED);
    assert.deepEqual(valuesOf('x-forwarded-for'), ['127.0.0.1']);
    assert.deepEqual(valuesOf('x-forwarded-proto'), ['http']);
    assert.deepEqual(valuesOf('x-forwarded-host'), ['a']);
    assert.deepEqual(valuesOf('forwarded'), ['for=127.0.0.1;host="a";proto=http']);
    assert.equal(clientAddress, '127.0.0.1');
  });

  it('of a trusted proxy are appended to, and the log names the client behind it', async (t) => {
    const { valuesOf, clientAddress } = await forward(t, FORGED, { trustedProxies: ['127.0.0.0/8'] });
    assert.deepEqual(valuesOf('x-forwarded-for'), ['203.0.113.7, 127.0.0.1']);
    assert.deepEqual(valuesOf('x-forwarded-proto'), ['https']);
    assert.deepEqual(valuesOf('x-forwarded-host'), ['b']);
    assert.deepEqual(valuesOf('forwarded'), ['for=c, for=127.0.0.1;host="a";proto=http']);
    assert.equal(clientAddress, '203.0.113.7');
  });

  it('that a stranger put in front of a trusted proxy are not believed beyond it', async (t) => {
    const lines = ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 203.0.113.7, 10.1.1.1'];
    const { clientAddress } = await forward(t, lines, { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    assert.equal(clientAddress, '203.0.113.7');
  });

  it('with something other than addresses cannot name the client', async (t) => {
    const { clientAddress } = await forward(t, ['X-Forwarded-For: "x", evil'], { trustedProxies: ['127.0.0.1'] });
    assert.equal(clientAddress, '127.0.0.1');
  });
});

describe('the request id', () => {
  it('of the client reaches node and log', async (t) => {
    const { valuesOf, requestId } = await forward(t, ['x-request-id: abc-1']);
    assert.deepEqual(valuesOf('x-request-id'), ['abc-1']);
    assert.equal(requestId, 'abc-1');
  });

  for (const [what, lines] of [
    ['that is missing', []],
    ['with quotes and spaces', ['X-Request-Id: a" b']],
    ['given twice', ['X-Request-Id: a', 'X-Request-Id: b']],
    ['that is too long', [`X-Request-Id: ${'a'.repeat(129)}`]],
  ] as const) {
    it(`${what} is made, and the same for node and log`, async (t) => {
      const { valuesOf, requestId } = await forward(t, lines);
      assert.deepEqual(valuesOf('x-request-id'), [requestId]);
      assert.match(requestId, /^[0-9a-f]+-[0-9a-z]+$/);
    });
  }

  it('may have a header of its own name', async (t) => {
    const { valuesOf } = await forward(t, ['X-Trace_Id: 7', 'X-Request-Id: 8'], { requestIdHeader: 'X-Trace_Id' });
    assert.deepEqual(valuesOf('x-trace_id'), ['7']);
    assert.deepEqual(valuesOf('x-request-id'), ['8']);
  });
});
