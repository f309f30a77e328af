/**
 * Nothing is lost over twenty reloads and a change of all workers: a thousand WebSockets, long polls and steady
 * requests go through a proxy whose nodes, weights, timeouts, listeners and log level change under them.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { Agent, createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { configFile } from './control/testing/proxy-process.ts';
import { ask } from './testing/http-client.ts';
import { startProxyFrom } from './testing/running-proxy.ts';

const WEB_SOCKETS = 1_000;
const OPENED_AT_ONCE = 50;
const POLLS = 20;
const RELOADS = 20;
/** Files and sockets of this process beside the WebSockets, of which it holds both ends. */
const OTHER_FILES = 400;
const MOST_FAILURES = 100;
const BETWEEN_REQUESTS_MS = 100;
const BETWEEN_RELEASES_MS = 100;

interface TestNode {
  readonly name: string;
  readonly url: string;
  /** Answers the polls that it holds. */
  release(): void;
}

/** Answers with its name, echoes what comes through WebSockets, and holds POSTs until they are released. */
async function startNode(t: TestContext, name: string): Promise<TestNode> {
  const held = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      held.add(response);
      response.on('close', () => held.delete(response));
    } else response.end(name);
  });
  const echo = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    echo.handleUpgrade(request, socket, head, (client) => client.on('message', (data) => client.send(data)));
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: WEB_SOCKETS });
  await once(server, 'listening');
  t.after(() => {
    for (const client of echo.clients) client.terminate();
    server.close();
    server.closeAllConnections();
  });
  const release = (): void => {
    for (const response of held) response.end(name);
  };
  return { name, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cobrowse`, release };
}

/** A client on a WebSocket of its own that is bound to one node. */
class Client {
  readonly #socket: WebSocket;
  #closed = false;
  #heard: ((text: string) => void) | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#heard?.('closed');
    });
    socket.on('message', (data) => this.#heard?.(String(data)));
  }

  static async open(port: number, node: string): Promise<Client> {
    const headers = { cookie: `gcbSessionServer=${node}` };
    const socket = new WebSocket(`ws://127.0.0.1:${port}/cobrowse/cometd`, { headers, perMessageDeflate: false });
    await once(socket, 'open');
    return new Client(socket);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves with what comes back, or with `closed`. */
  exchange(text: string): Promise<string> {
    if (this.#closed) return Promise.resolve('closed');
    return new Promise((resolve) => {
      this.#heard = resolve;
      this.#socket.send(text);
    });
  }

  close(): void {
    this.#socket.terminate();
  }
}

/** What was asked, and how it was answered, until it is stopped. */
class Load {
  readonly failures: string[] = [];
  answered = 0;
  released = 0;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #loops: Promise<void>[] = [];
  #stopped = false;

  constructor(port: number) {
    this.#port = port;
  }

  start(polled: readonly string[]): void {
    for (let index = 0; index < 2; index++) this.#loops.push(this.#get(this.#agent), this.#get(undefined));
    for (const node of polled) this.#loops.push(this.#poll(node));
  }

  /** Asks for nothing more. */
  end(): void {
    this.#stopped = true;
  }

  /** Resolves when what was asked is answered; held polls have to be released. */
  async stop(): Promise<void> {
    this.end();
    await Promise.all(this.#loops);
    this.#agent.destroy();
  }

  /** Stopped, or so much has failed that the rest says no more. */
  get #over(): boolean {
    return this.#stopped || this.failures.length >= MOST_FAILURES;
  }

  async #get(agent: Agent | undefined): Promise<void> {
    while (!this.#over) {
      if (await this.#ask('GET', undefined, agent)) this.answered++;
      await sleep(BETWEEN_REQUESTS_MS);
    }
  }

  async #poll(node: string): Promise<void> {
    while (!this.#over) if (await this.#ask('POST', node, undefined)) this.released++;
  }

  async #ask(method: string, node: string | undefined, agent: Agent | undefined): Promise<boolean> {
    const headers: Record<string, string> = node === undefined ? {} : { cookie: `gcbSessionServer=${node}` };
    const path = method === 'GET' ? '/cobrowse/page' : '/cobrowse/cometd';
    try {
      const { status, body } = await ask(this.#port, { method, path, headers, ...(agent && { agent }) });
      if (status === 200 && (node === undefined || body === node)) return true;
      this.failures.push(`${method} ${node ?? ''}: ${status} ${body}`);
    } catch (error) {
      this.failures.push(`${method} ${node ?? ''}: ${String(error)}`);
    }
    return false;
  }
}

/** How many WebSockets this process may hold both ends of; the soft limit is the hard one in Node.js. */
function affordableSockets(t: TestContext): number {
  const limit = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  const affordable = Math.floor((limit - OTHER_FILES) / 2);
  if (Number.isNaN(affordable) || affordable >= WEB_SOCKETS) return WEB_SOCKETS;
  t.diagnostic(`only ${affordable} WebSockets instead of ${WEB_SOCKETS}: the limit of open files is ${limit}`);
  return affordable;
}

const TITLE = '20 reloads and new workers under 1,000 WebSockets, long polls and steady requests: nothing is lost';

test(TITLE, async (t) => {
  const nodes = await Promise.all(['a', 'b', 'c'].map((name) => startNode(t, name)));
  /** The configuration of the n-th reload: `c` comes and goes, the 7th and the 14th take other workers. */
  const configuration = (n: number) => ({
    listeners: Array.from({ length: n % 14 >= 7 ? 2 : 1 }, () => ({ port: 0 })),
    admin: { port: 0 },
    workers: 2,
    nodes: nodes
      .filter(({ name }) => name !== 'c' || n % 3 !== 2)
      .map(({ name, url }) => ({ name, url, weight: name === 'a' ? 1 + n : 1 })),
    timeouts: { answer: `${10 + n}m`, idle: n % 2 === 0 ? '75s' : '90s' },
    log: { level: n % 2 === 0 ? 'info' : 'debug', access: false },
    // A busy machine may stop the nodes, all in this process, for longer than the proxy lets a node owe a page. Answers
    // of the live channel may take their time, and nobody polls: no node can be found hung.
    routes: ['/page', '/cometd'].map((path) => ({ class: 'live', path })),
    health: { interval: '1h', timeout: '1m' },
  });
  const file = await configFile(t, configuration(0));
  const { proxy, port, admin, read, status } = await startProxyFrom(t, file);
  const applied = async (n: number): Promise<void> => {
    while (proxy.stderr.split('new configuration in force').length <= n) {
      assert.ok(proxy.child.stderr);
      await once(proxy.child.stderr, 'data');
    }
  };

  const clients: Client[] = [];
  t.after(() => {
    for (const client of clients) client.close();
  });
  const wanted = affordableSockets(t);
  while (clients.length < wanted) {
    const batch = Array.from({ length: Math.min(OPENED_AT_ONCE, wanted - clients.length) }, (_, index) =>
      Client.open(port, nodes[index % nodes.length]?.name ?? ''),
    );
    clients.push(...(await Promise.all(batch)));
  }
  const echoes = async (text: string, some: readonly Client[] = clients): Promise<void> => {
    const heard = await Promise.all(some.map((client, index) => client.exchange(`${text} ${index}`)));
    const silent = heard.filter((echo, index) => echo !== `${text} ${index}`);
    assert.equal(silent.length, 0, `${text}, ${silent.length} heard ${silent[0]}:\n${proxy.stderr}`);
  };
  /** Every fifth, another each time. */
  const fifth = (n: number): readonly Client[] => clients.filter((_, index) => index % 5 === n % 5);
  const release = (): void => {
    for (const node of nodes) node.release();
  };
  const load = new Load(port);
  t.after(() => load.end());
  // Not `c`: while it is not configured, a new poll that names it may go to any node.
  load.start(Array.from({ length: POLLS }, (_, index) => (index % 2 === 0 ? 'a' : 'b')));
  await echoes('at the start');

  const byOrder = async (): Promise<void> => {
    assert.equal((await ask(admin, { method: 'POST', path: '/reload' })).status, 200);
  };
  const bySignal = (): void => void proxy.child.kill('SIGHUP');
  const byLooking = (): void => {};
  const ways = [byOrder, bySignal, byLooking, byOrder, bySignal];
  for (let n = 1; n <= RELOADS; n++) {
    const reload = ways[n % ways.length] ?? assert.fail();
    await writeFile(`${file}.new`, JSON.stringify(configuration(n)));
    await rename(`${file}.new`, file);
    await reload();
    // Whichever comes first, the order or the look at the file, applies it, and the other finds it unchanged.
    await applied(n);
    await echoes(`after reload ${n}, ${reload.name}`, fifth(n));
    if (n % 5 === 0) release();
    if (n === RELOADS / 2) {
      proxy.child.kill('SIGUSR2');
      await proxy.says(/all workers are new/);
      await echoes('after new workers');
    }
  }

  const stopped = load.stop();
  // A poll on its way when its node releases is held after that.
  const releasing = setInterval(() => release(), BETWEEN_RELEASES_MS);
  t.after(() => clearInterval(releasing));
  await stopped;
  clearInterval(releasing);
  await echoes('at the end');
  assert.deepEqual(load.failures, []);
  assert.equal(clients.filter(({ closed }) => closed).length, 0);
  assert.ok(load.answered > RELOADS && load.released > POLLS, `${load.answered} answers, ${load.released} polls`);
  const { traffic, workerRestarts } = await status();
  assert.deepEqual([traffic.tunnels, workerRestarts], [clients.length, 0]);
  assert.match(await read('/metrics'), new RegExp(`config_reloads_total\\{result="applied"\\} ${RELOADS / 2}\n`));

  for (const client of clients) client.close();
  proxy.child.kill('SIGTERM');
  assert.equal(await proxy.exited, 0, proxy.stderr);
});
