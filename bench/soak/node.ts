/**
 * One node of the soak: it knows its sessions, checks that every bound request is of one of them, and says in each
 * answer what was asked. One argument, JSON: `NodeArguments`.
 */
import { createHash, randomInt, randomUUID } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { COOKIE } from '../backend-facts.ts';
import type { NodeReady } from '../harness/node-process.ts';
import { ID_HEADER, LARGE_BYTES, type NodeRecord, PATHS, SESSION_HEADER, type Session, whoseIs } from './protocol.ts';

const RECORD_EVERY_MS = 500;
const SLOW_MS = 150;
const HOLD_MS = { min: 200, max: 3_000 };
const CHUNK = Buffer.alloc(64 * 1024, 'x');

const { name, port, records } = z
  .object({ name: z.string(), port: z.int(), records: z.string() })
  .parse(JSON.parse(process.argv[2] ?? ''));

const self = { node: name, instance: randomUUID() };
/** Live sessions by their user's token, and the tokens of all that there ever were. */
const live = new Map<string, string>();
const known = new Set<string>();
// Written at once, line by line: a SIGKILL must not lose what was seen.
const recordsFile = openSync(records, 'a');
const sockets = new Set<Socket>();
let checked = 0;

const server = createServer((request, response) => {
  const isOwn = check(request);
  if (request.url !== PATHS.upload) request.resume();
  if (isOwn) answer(request, response);
  else send(request, response, 404, { error: 'not a session of this node' });
});
// A busy machine must not make this node the one that closes idle connections.
server.keepAliveTimeout = 0;
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
});

const echo = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => socket.destroy());
  if (check(request)) {
    echo.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      client.on('message', (data, binary) => client.send(data, { binary }));
    });
  } else socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
});

function note(record: NodeRecord): void {
  writeSync(recordsFile, `${JSON.stringify(record)}\n`);
}

/** False for a bound request that is not of a session of this node, which is written down. */
function check(request: IncomingMessage): boolean {
  const session = request.headers[SESSION_HEADER];
  if (typeof session !== 'string') return true;
  checked++;
  const whose = whoseIs(session, self, (token) => known.has(token));
  if (whose === 'own') return true;
  note({ id: String(request.headers[ID_HEADER]), at: Date.now(), session, whose });
  return false;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { method, url = '' } = request;
  if (url === PATHS.health) reportHealth(request, response);
  else if (url.startsWith(PATHS.page)) send(request, response, 200, {});
  else if (url.startsWith(PATHS.slow)) setTimeout(() => send(request, response, 200, {}), SLOW_MS);
  else if (url.startsWith(PATHS.large)) sendLarge(response);
  else if (url === PATHS.upload) takeUpload(request, response);
  else if (url === PATHS.poll) hold(request, response);
  else if (url === PATHS.sessions && method === 'POST') create(request, response);
  else if (url.startsWith(PATHS.sessions)) tell(request, response, url.slice(PATHS.sessions.length + 1));
  else if (url.startsWith(PATHS.users)) stop(request, response, url.slice(PATHS.users.length + 1).split('/')[0] ?? '');
  else send(request, response, 404, { error: 'not found' });
}

/** Each answer says which request it is for, by id and target. */
function send(request: IncomingMessage, response: ServerResponse, status: number, facts: object): void {
  const text = JSON.stringify({ node: name, id: request.headers[ID_HEADER], target: request.url, ...facts });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length }).end(text);
}

function create(request: IncomingMessage, response: ServerResponse): void {
  const token = String(randomInt(100_000_000, 1_000_000_000));
  const session: Session = { ...self, token, userToken: randomUUID() };
  known.add(token);
  live.set(session.userToken, token);
  response.setHeader('set-cookie', `${COOKIE}=${name}; Path=/`);
  send(request, response, 200, { sessionToken: token, sessionServerName: name, session });
}

function tell(request: IncomingMessage, response: ServerResponse, token: string): void {
  if (known.has(token)) send(request, response, 200, { sessionToken: token, sessionServerName: name });
  else send(request, response, 404, { error: 'unknown session' });
}

function stop(request: IncomingMessage, response: ServerResponse, userToken: string): void {
  const token = live.get(userToken);
  live.delete(userToken);
  if (token === undefined) send(request, response, 404, { error: 'unknown user' });
  else send(request, response, 200, { stopped: token });
}

function hold(request: IncomingMessage, response: ServerResponse): void {
  const held = setTimeout(() => send(request, response, 200, {}), randomInt(HOLD_MS.min, HOLD_MS.max));
  response.on('close', () => clearTimeout(held));
}

function takeUpload(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha1');
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  request.on('end', () => send(request, response, 200, { sha1: hash.digest('hex') }));
}

function sendLarge(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': LARGE_BYTES });
  let left = LARGE_BYTES;
  const more = (): void => {
    while (left > 0) {
      left -= CHUNK.length;
      if (!response.write(CHUNK)) return;
    }
    response.end();
  };
  response.on('drain', more);
  more();
}

function reportHealth(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('x-cobrowse-instance', self.instance);
  response.setHeader('x-cobrowse-state', 'ready');
  response.setHeader('x-cobrowse-live-sessions', String(live.size));
  send(request, response, 200, {});
}

async function listen(at: number): Promise<number> {
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen({ host: '127.0.0.1', port: at, backlog: 4096 }, listening);
  });
  return (server.address() as AddressInfo).port;
}

async function order(path: string | undefined): Promise<void> {
  if (path === '/accept' && !server.listening) await listen(bound);
  if (path !== '/refuse') return;
  server.close();
  for (const socket of sockets) socket.destroy();
}

setInterval(() => {
  if (checked > 0) note({ checked });
  checked = 0;
}, RECORD_EVERY_MS);
const bound = await listen(port);
const control = createServer((request, response) => {
  order(request.url).then(
    () => response.end(),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
await new Promise<void>((listening) => control.listen({ host: '127.0.0.1', port: 0 }, listening));
const ready: NodeReady = { port: bound, control: (control.address() as AddressInfo).port };
console.log(JSON.stringify(ready));
