/** Answers that no honest server gives: forged, cut off, of another question, or meant to lead the proxy astray. */
import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet';
import { askServer } from './dns-exchange.ts';
import { resolveRecords } from './resolver.ts';

const QUESTION = { name: 'node.example', type: 'A' } as const;
const RIGHT: Answer = { type: 'A', name: 'node.example', ttl: 5, data: '10.0.0.1' };
const WRONG: Answer = { ...RIGHT, data: '10.6.6.6' };

type Reply = (query: Packet) => readonly Buffer[];

/** `reply`: the datagrams that a query is answered with. */
async function udpServer(t: TestContext, reply: Reply, host = '127.0.0.1') {
  const socket = createSocket(host === '::1' ? 'udp6' : 'udp4');
  const asked: RemoteInfo[] = [];
  socket.on('message', (message, from) => {
    asked.push(from);
    for (const bytes of reply(decode(message))) socket.send(bytes, from.port, from.address);
  });
  socket.bind(0, host);
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { host, port: socket.address().port, asked, socket };
}

function answerTo(
  { id, questions }: Packet,
  { answers = [RIGHT], flags = AUTHORITATIVE_ANSWER, ...rest }: Partial<Packet> = {},
): Buffer {
  return encode({ type: 'response', id, questions, answers, flags, ...rest });
}

/** Never by time. */
function ask(server: { readonly host: string; readonly port: number }, signal = new AbortController().signal) {
  return askServer(server, QUESTION, 600_000, signal);
}

function addressesIn(told: Awaited<ReturnType<typeof ask>>): unknown {
  if (told.kind !== 'answer') return told;
  return told.records.map((record) => ('address' in record ? `${record.address} ${record.ttl}` : record));
}

describe('an answer', () => {
  it('to another question, with another id, without a question, cut short or of noise is passed over', async (t) => {
    const server = await udpServer(t, (query) => [
      Buffer.from('noise'),
      Buffer.alloc(12),
      answerTo({ ...query, id: ((query.id ?? 0) + 1) & 0xffff }, { answers: [WRONG] }),
      answerTo({ ...query, questions: [{ type: 'A', name: 'other.example' }] }, { answers: [WRONG] }),
      answerTo({ ...query, questions: [{ type: 'AAAA', name: 'node.example' }] }, { answers: [WRONG] }),
      answerTo({ ...query, questions: [] }, { answers: [WRONG] }),
      answerTo(query).subarray(0, -3),
      encode({ ...query, type: 'query', answers: [WRONG] }),
      answerTo(query),
    ]);
    assert.deepEqual(addressesIn(await ask(server)), ['10.0.0.1 5']);
  });

  it('of somebody else than the server that was asked does not arrive, even if he knows the question', async (t) => {
    const [server, forger] = [await udpServer(t, () => []), await udpServer(t, () => [])];
    server.socket.on('message', (message, { port, address }) => {
      const query = decode(message);
      forger.socket.send(answerTo(query, { answers: [WRONG] }), port, address, () => {
        server.socket.send(answerTo(query), port, address);
      });
    });
    assert.deepEqual(addressesIn(await ask(server)), ['10.0.0.1 5']);
  });

  it('has records of that name only, in whatever letter case, and no TTL of a lifetime', async (t) => {
    const server = await udpServer(t, ({ id, questions }) => [
      answerTo(
        { id, questions: questions?.map((question) => ({ ...question, name: 'NODE.Example' })) },
        {
          answers: [
            { ...RIGHT, name: 'NODE.example', ttl: 2 ** 31 },
            WRONG,
            { type: 'A', name: 'else.example', ttl: 1, data: '10.6.6.7' },
          ],
        },
      ),
    ]);
    const told = await ask(server);
    assert.ok(told.kind === 'answer');
    assert.deepEqual(
      told.records.map(({ name, ttl }) => `${name} ${ttl}`),
      ['node.example 0', 'node.example 5', 'else.example 1'],
    );
  });

  it('that is an error, or nothing, has the next server asked, and each once more', async (t) => {
    const SERVFAIL = 2;
    const failing = await udpServer(t, (query) => [answerTo(query, { answers: [], flags: SERVFAIL })]);
    let silent = true;
    const late = await udpServer(t, (query) =>
      silent ? [answerTo(query, { answers: [], flags: SERVFAIL })] : [answerTo(query)],
    );
    const options = { servers: [failing, late], timeoutMs: 600_000, signal: new AbortController().signal };
    const failed = await resolveRecords(QUESTION, options);
    assert.deepEqual(failed, {
      ok: false,
      failure: 'refused',
      why: `A node.example: name server 127.0.0.1 port ${late.port} says SERVFAIL`,
    });
    assert.deepEqual([failing.asked.length, late.asked.length], [2, 2]);
    silent = false;
    const told = await resolveRecords(QUESTION, options);
    assert.ok(told.ok);
    assert.equal(told.records.length, 1);
    assert.deepEqual([failing.asked.length, late.asked.length], [3, 3]);
  });

  it('that never comes is waited for until the time is up, or the proxy stops', async (t) => {
    const server = await udpServer(t, () => []);
    assert.deepEqual(await askServer(server, QUESTION, 1, new AbortController().signal), { kind: 'timeout' });
    const stopping = new AbortController();
    const told = ask(server, stopping.signal);
    stopping.abort();
    assert.deepEqual(await told, { kind: 'timeout' });
    assert.deepEqual(await ask(server, stopping.signal), { kind: 'timeout' });
  });
});

describe('an answer by TCP', () => {
  /** Answers each query with these bytes, in as many pieces, and `end`s. */
  async function tcpServer(t: TestContext, pieces: (query: Packet) => readonly Buffer[], end = false) {
    const udp = await udpServer(t, (query) => [answerTo(query, { answers: [], flags: TRUNCATED_RESPONSE })]);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('data', (data) => {
        for (const piece of pieces(decode(data.subarray(2)))) socket.write(piece);
        if (end) socket.end();
      });
    });
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const listens = new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(udp.port, '127.0.0.1', () => resolve(true));
    });
    return { udp, listens: await listens };
  }

  function framed(bytes: Buffer, length = bytes.length): Buffer {
    const prefix = Buffer.alloc(2);
    prefix.writeUInt16BE(length);
    return Buffer.concat([prefix, bytes]);
  }

  const CASES: readonly (readonly [string, (query: Packet) => readonly Buffer[], unknown, boolean?])[] = [
    [
      'in pieces is put together',
      (query) => [...framed(answerTo(query))].map((byte) => Buffer.of(byte)),
      ['10.0.0.1 5'],
    ],
    [
      'of another question is refused',
      (query) => [framed(answerTo({ ...query, id: ((query.id ?? 0) + 1) & 0xffff }))],
      { kind: 'unreachable', code: 'malformed answer' },
    ],
    [
      'that is truncated as well is refused',
      (query) => [framed(answerTo(query, { flags: TRUNCATED_RESPONSE }))],
      { kind: 'unreachable', code: 'malformed answer' },
    ],
    [
      'that is shorter than it says is refused when it ends',
      (query) => [framed(answerTo(query), 0xffff)],
      { kind: 'unreachable', code: 'closed before the answer' },
      true,
    ],
  ];
  for (const [name, pieces, expected, end] of CASES) {
    it(name, async (t) => {
      // The port is free for UDP; another program may have it for TCP.
      for (;;) {
        const { udp, listens } = await tcpServer(t, pieces, end);
        if (!listens) continue;
        assert.deepEqual(addressesIn(await ask(udp)), expected);
        return;
      }
    });
  }
});
