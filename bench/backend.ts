/**
 * The nodes behind every contender: one process, one port for each node name, raw HTTP/1.1 on `node:net`. As cheap as
 * can be, since it shares a core with the load generator: a plain GET costs one head scan and one write of ready bytes.
 * Takes the number of nodes as its argument; more than the usual three say how many sessions they have, as real ones
 * do.
 *
 * Prints one line of JSON when it listens: `[{ "name": "CB_Server_1", "port": 40001 }, …]`.
 *
 * | request                     | answer                                                              |
 * |-----------------------------|---------------------------------------------------------------------|
 * | GET {base}/answer           | 200, 114 bytes of JSON that name the node                           |
 * | GET {base}/health           | 200, empty                                                          |
 * | GET {base}/head             | 200, the request's head as the node received it                     |
 * | POST {base}/echo            | 200, the request's body, `X-Node` names the node                    |
 * | GET {base}/bulk/<bytes>     | 200, so many bytes, written as they are taken                       |
 * | POST {base}/sink            | 200, JSON: the node, and how many bytes it has read and dropped     |
 * | POST {base}/cometd/connect  | never, until the connection closes                                  |
 * | GET {base}/held             | 200, JSON: polls held and tunnels open at all nodes of the process  |
 * | POST {base}/rest/live/sessions | 200, a session of the node; its token counts them all (`session-token.ts`) |
 * | GET {base}/rest/live/sessions/<token> | 200, that session, as if it were the node's                    |
 * | anything with `?status=<n>` | that status                                                         |
 * | `Upgrade: websocket`        | 101, then each message comes back in a frame of the node's own      |
 * | anything else               | 404, JSON that names the node                                       |
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Answers } from './backend-answers.ts';
import { BackendConnection } from './backend-connection.ts';
import { NODE_NAMES, nodeNames } from './backend-facts.ts';

const names = nodeNames(Number(process.argv[2] ?? NODE_NAMES.length));
const reporting = names.length > NODE_NAMES.length;
const held = { polls: 0, tunnels: 0 };

async function listen(node: string): Promise<Server> {
  const answers = new Answers(node, held, reporting);
  const server = createServer((socket: Socket) => new BackendConnection(socket, answers, held));
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, listening);
  });
  return server;
}

const servers = await Promise.all(names.map(listen));
const addresses = servers.map((server, index) => ({
  name: names[index],
  port: (server.address() as AddressInfo).port,
}));
console.log(JSON.stringify(addresses));
