/** The client of `node:http` over pairs of streams in memory: how it reads an answer. */
import { type IncomingMessage, request } from 'node:http';
import { duplexPair } from 'node:stream';

export interface NodeAnswer {
  readonly status: number;
  readonly body: string;
  /** Name and value by turns, as they came. */
  readonly rawHeaders: readonly string[];
}

/** Reads the answer in these latin1 bytes, after which the connection ends; rejects when it is malformed or cut off. */
export function readWithNodeClient(bytes: string, method: string): Promise<NodeAnswer> {
  const [client, server] = duplexPair();
  server.on('error', () => {});
  server.resume();
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method,
      path: '/x',
      host: 'a',
      createConnection: () => client,
      maxHeaderSize: 64 * 1024,
    });
    outgoing.on('error', reject);
    outgoing.on('upgrade', () => reject(new Error('upgraded')));
    outgoing.on('response', (incoming: IncomingMessage) => {
      let body = '';
      incoming.setEncoding('latin1');
      incoming.on('data', (chunk: string) => {
        body += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () => {
        const { statusCode: status = 0, rawHeaders, complete } = incoming;
        if (complete) resolve({ status, body, rawHeaders });
        else reject(new Error('cut off'));
      });
    });
    outgoing.end();
    server.end(bytes, 'latin1');
  });
}
