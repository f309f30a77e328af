/**
 * One node of the failover benchmark: `GET` answers, creations, held polls, WebSocket echo and `/health`, with faults
 * on command. Every request is recorded when it arrives, before any fault acts, so that routing is known from here and
 * not guessed from answers. One argument, JSON: `NodeArguments`.
 */
import { randomUUID } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { COOKIE } from '../backend-facts.ts';
import type { NodeReady } from '../harness/node-process.ts';
import { formatArrival, ID_HEADER, MODES, type Mode, OWNER_HEADER, PATHS, whoseIs } from './protocol.ts';

const INSTANCE_HEADER = 'x-cobrowse-instance';
const SLOW_MS = 300;
/** Between the first half of an answer and the reset: long enough that the half is seen. */
const RESET_AFTER_MS = 5;
/** Sessions of this benchmark end by themselves, so that counts settle. */
const SESSION_MS = 5_000;

const { name, host, port, records, holdMs } = z
  .object({ name: z.string(), host: z.string(), port: z.int(), records: z.string(), holdMs: z.number() })
  .parse(JSON.parse(process.argv[2] ?? ''));

const instance = randomUUID();
const owner = `${name}/${instance}`;
// Written at once, line by line: a SIGKILL must not lose what has arrived.
const recordsFile = openSync(records, 'a');
const sockets = new Set<Socket>();
let mode: Mode = 'ok';
let sessions = 0;

const server = createServer((request, response) => {
  const foreign = record(request);
  request.resume();
  behave(request, response, () => answer(request, response, foreign));
});
server.keepAliveTimeout = 0;
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
});

const echo = new WebSocketServer({ noServer: true });
server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
  const foreign = record(request);
  socket.on('error', () => socket.destroy());
  if (mode === 'deaf') return;
  if (mode === 'resetting') socket.resetAndDestroy();
  else if (mode === 'errors') socket.end(rejection('500 Internal Server Error'));
  else if (foreign) socket.end(rejection('404 Not Found'));
  else accept(request, socket, head);
});

const rejection = (status: string): string => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;

function accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
  echo.handleUpgrade(request, socket, head, (client) => {
    client.on('error', () => client.terminate());
    client.on('message', (data) => echoed(client, socket, String(data)));
  });
}

/** Writes the arrival down. True when it is bound to somebody else, or to an earlier instance of this node. */
function record(request: IncomingMessage): boolean {
  const id = request.headers[ID_HEADER];
  const wanted = request.headers[OWNER_HEADER];
  const whose = whoseIs(typeof wanted === 'string' ? wanted : undefined, name, owner);
  if (typeof id === 'string') writeSync(recordsFile, formatArrival(id, whose));
  return whose !== 'own';
}

/** Lets the mode act on a request, and calls `go` when an answer is still due. */
function behave(request: IncomingMessage, response: ServerResponse, go: () => void): void {
  if (mode === 'slow') setTimeout(go, SLOW_MS);
  else if (mode === 'errors') send(response, 500, { error: 'broken' });
  else if (mode === 'resetting') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
    response.write('{"half":');
    setTimeout(() => request.socket.resetAndDestroy(), RESET_AFTER_MS);
  } else if (mode !== 'deaf' || request.url === PATHS.health) go();
}

function answer(request: IncomingMessage, response: ServerResponse, foreign: boolean): void {
  if (foreign) send(response, 404, { error: 'unknown session', node: name });
  else if (request.url === PATHS.get) send(response, 200, { node: name });
  else if (request.url === PATHS.create) create(response);
  else if (request.url === PATHS.poll) hold(response);
  else if (request.url === PATHS.health) reportHealth(response);
  else send(response, 404, { error: 'not found' });
}

function create(response: ServerResponse): void {
  sessions++;
  setTimeout(() => sessions--, SESSION_MS);
  response.setHeader('set-cookie', `${COOKIE}=${name}; Path=/`);
  response.setHeader(INSTANCE_HEADER, instance);
  send(response, 200, { sessionToken: randomUUID(), sessionServerName: name, owner });
}

function hold(response: ServerResponse): void {
  const held = setTimeout(() => send(response, 200, { node: name }), holdMs);
  response.on('close', () => clearTimeout(held));
}

function reportHealth(response: ServerResponse): void {
  response.setHeader(INSTANCE_HEADER, instance);
  response.setHeader('x-cobrowse-state', 'ready');
  response.setHeader('x-cobrowse-live-sessions', String(sessions));
  send(response, 200, {});
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length }).end(text);
}

function echoed(client: WebSocket, socket: Socket, text: string): void {
  if (mode === 'deaf') return;
  if (mode === 'resetting') socket.resetAndDestroy();
  else if (mode === 'slow') setTimeout(() => client.send(text), SLOW_MS);
  else client.send(text);
}

async function listen(at: number): Promise<number> {
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen({ host, port: at, backlog: 4096 }, listening);
  });
  return (server.address() as AddressInfo).port;
}

async function change(to: Mode): Promise<void> {
  if (to === 'refusing' && mode !== 'refusing') {
    server.close();
    for (const socket of sockets) socket.destroy();
  } else if (mode === 'refusing' && to !== 'refusing') await listen(bound);
  mode = to;
}

const bound = await listen(port);
const control = createServer((request, response) => {
  const wanted = MODES.find((one) => request.url === `/mode/${one}`);
  if (wanted === undefined) {
    send(response, 404, { error: 'no such mode' });
    return;
  }
  change(wanted).then(
    () => send(response, 200, {}),
    (error: unknown) => send(response, 500, { error: String(error) }),
  );
});
await new Promise<void>((listening) => control.listen({ host: '127.0.0.1', port: 0 }, listening));
const ready: NodeReady = { port: bound, control: (control.address() as AddressInfo).port };
console.log(JSON.stringify(ready));
