/**
 * The nodes behind every contender: one process, one port for each node name, raw HTTP/1.1 on `node:net`. As cheap as
 * can be, since it shares a core with the load generator: a plain GET costs one head scan and one write of ready bytes.
 *
 * Prints one line of JSON when it listens: `[{ "name": "CB_Server_1", "port": 40001 }, …]`.
 *
 * | request                | answer                                               |
 * |------------------------|------------------------------------------------------|
 * | GET {base}/answer      | 200, 114 bytes of JSON that name the node            |
 * | GET {base}/health      | 200, empty                                           |
 * | GET {base}/head        | 200, the request's head as the node received it      |
 * | POST {base}/echo       | 200, the request's body, `X-Node` names the node     |
 * | anything else          | 404, JSON that names the node                        |
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ANSWER_BYTES, BASE, NODE_NAMES } from './backend-facts.ts';
import { readRequest } from './backend-request.ts';

const NOTHING = Buffer.alloc(0);

function answerOf(status: string, type: string, node: string, body: Buffer, close = false): Buffer {
  const head =
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nX-Node: ${node}\r\n` +
    `${close ? 'Connection: close\r\n' : ''}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

function smallBody(node: string): Buffer {
  const facts = `{"node":"${node}","sessionToken":"123456789","state":"active","role":"customer","pad":"`;
  const body = Buffer.from(`${facts}${'.'.repeat(ANSWER_BYTES - facts.length - 2)}"}`, 'latin1');
  if (body.length !== ANSWER_BYTES) throw new Error(`the small answer has ${body.length} bytes, not ${ANSWER_BYTES}`);
  return body;
}

/** The answers of one node that do not depend on the request, ready to write. */
class Answers {
  readonly node: string;
  readonly small: Buffer;
  readonly smallClosing: Buffer;
  readonly health: Buffer;

  constructor(node: string) {
    this.node = node;
    this.small = answerOf('200 OK', 'application/json', node, smallBody(node));
    this.smallClosing = answerOf('200 OK', 'application/json', node, smallBody(node), true);
    this.health = answerOf('200 OK', 'text/plain', node, NOTHING);
  }

  for(head: string, body: Buffer, close: boolean): Buffer {
    if (head.startsWith(`GET ${BASE}/answer `)) return close ? this.smallClosing : this.small;
    if (head.startsWith(`GET ${BASE}/health `) && !close) return this.health;
    if (head.startsWith(`GET ${BASE}/health `)) return answerOf('200 OK', 'text/plain', this.node, NOTHING, true);
    if (head.startsWith(`GET ${BASE}/head `)) {
      return answerOf('200 OK', 'text/plain', this.node, Buffer.from(head, 'latin1'), close);
    }
    if (head.startsWith(`POST ${BASE}/echo `)) {
      return answerOf('200 OK', 'application/octet-stream', this.node, body, close);
    }
    const missing = Buffer.from(`{"error":"not_found","node":"${this.node}"}`, 'latin1');
    return answerOf('404 Not Found', 'application/json', this.node, missing, close);
  }
}

/** One client's connection: requests are answered in order, bytes of an incomplete one wait for the rest. */
class Connection {
  readonly #socket: Socket;
  readonly #answers: Answers;
  #pending: Buffer = NOTHING;

  constructor(socket: Socket, answers: Answers) {
    this.#socket = socket;
    this.#answers = answers;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => socket.destroy());
  }

  #take(chunk: Buffer): void {
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (bytes.length > 0) {
      const request = readRequest(bytes);
      if (request === undefined) break;
      const answer = this.#answers.for(request.head, request.body, request.close);
      if (request.close) {
        this.#socket.end(answer);
        return;
      }
      this.#socket.write(answer);
      bytes = bytes.subarray(request.end);
    }
    this.#pending = bytes;
  }
}

async function listen(node: string): Promise<Server> {
  const answers = new Answers(node);
  const server = createServer((socket) => new Connection(socket, answers));
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, listening);
  });
  return server;
}

const servers = await Promise.all(NODE_NAMES.map(listen));
const addresses = servers.map((server, index) => ({
  name: NODE_NAMES[index],
  port: (server.address() as AddressInfo).port,
}));
console.log(JSON.stringify(addresses));
