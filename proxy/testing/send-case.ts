/** Sends a case of the corpus over HTTP/1.1 and takes the answers apart. */
import assert from 'node:assert/strict';
import type { RequestCase } from '../http/corpus/case.ts';
import { RawClient } from './raw-client.ts';
import { isWhole, type ReadAnswer, readAnswers } from './read-answers.ts';

/** Answered by the proxy, and only if all that the client sent before was used up to its last byte. */
const AFTERWARDS = 'GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** The final answers. What becomes of the connection must be as the case says. */
export async function sendCase(
  port: number,
  { bytes, expected, closes = false }: Pick<RequestCase, 'bytes' | 'expected' | 'closes'>,
): Promise<ReadAnswer[]> {
  const client = await RawClient.open(port);
  try {
    client.send(bytes);
    const refused = typeof expected.at(-1) === 'string';
    const methods = expected.map((outcome) => (typeof outcome === 'string' ? 'GET' : outcome.method));
    if (closes || refused) await client.untilEnd();
    else await client.until((received) => isWhole(received, methods));
    assert.equal(client.reset, false);
    const answers = readAnswers(client.received, methods).filter(({ status }) => status >= 200);
    if (closes || refused) assert.ok(answers.at(-1)?.lines.includes('Connection: close'));
    else await assertInStep(client);
    return answers;
  } finally {
    client.close();
  }
}

async function assertInStep(client: RawClient): Promise<void> {
  client.received = '';
  client.send(AFTERWARDS);
  const answers = readAnswers(await client.untilEnd());
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body]),
    [[200, '']],
  );
}
