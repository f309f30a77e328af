/** What one node answers. */
import { createHash } from 'node:crypto';
import { ANSWER_BYTES, BASE, SESSIONS } from './backend-facts.ts';
import { sessionToken } from './session-token.ts';

/** What all nodes of the process have open. */
export type HeldCounts = { polls: number; tunnels: number };

const REPORT = 'X-Cobrowse-Live-Sessions: 100\r\n';
const STATUS = /^\S+ \S+\?status=(\d{3}) /;
const TOKEN = /\/sessions\/([^ ?]+)/;
/** By all nodes of the process. */
let created = 0;

const NOTHING = Buffer.alloc(0);
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The answers of one node; those that do not depend on the request are ready to write. */
export class Answers {
  readonly #node: string;
  readonly #held: HeldCounts;
  readonly #small: Buffer;
  readonly #smallClosing: Buffer;
  readonly #health: Buffer;
  readonly #healthClosing: Buffer;

  /** `reporting`: its health tells of sessions. */
  constructor(node: string, held: HeldCounts, reporting = false) {
    this.#node = node;
    this.#held = held;
    this.#small = answerOf('200 OK', 'application/json', node, smallBody(node));
    this.#smallClosing = answerOf('200 OK', 'application/json', node, smallBody(node), true);
    const health = (close: boolean): Buffer => {
      const text = answerOf('200 OK', 'text/plain', node, NOTHING, close).toString('latin1');
      return Buffer.from(reporting ? text.replace('\r\n', `\r\n${REPORT}`) : text, 'latin1');
    };
    this.#health = health(false);
    this.#healthClosing = health(true);
  }

  for(head: string, body: Buffer, close: boolean): Buffer {
    if (head.startsWith(`GET ${BASE}/answer `)) return close ? this.#smallClosing : this.#small;
    if (head.startsWith(`GET ${BASE}/health `)) {
      return close ? this.#healthClosing : this.#health;
    }
    if (head.startsWith(`GET ${BASE}/head `)) {
      return answerOf('200 OK', 'text/plain', this.#node, Buffer.from(head, 'latin1'), close);
    }
    if (head.startsWith(`POST ${BASE}/echo `)) {
      return answerOf('200 OK', 'application/octet-stream', this.#node, body, close);
    }
    if (head.startsWith(`GET ${BASE}/held `)) return this.#json('200 OK', this.#held, close);
    if (head.startsWith(`POST ${SESSIONS} `)) return this.#session(sessionToken(created++), close);
    if (head.startsWith(`GET ${SESSIONS}/`)) return this.#session(TOKEN.exec(head)?.[1] ?? '', close);
    const status = STATUS.exec(head)?.[1];
    if (status !== undefined) return this.#json(`${status} As Asked`, { node: this.#node }, close);
    return this.#json('404 Not Found', { error: 'not_found', node: this.#node }, close);
  }

  #session(token: string, close: boolean): Buffer {
    return this.#json('200 OK', { sessionToken: token, sessionServerName: this.#node }, close);
  }

  /** What ends an upload. */
  sunk(bytes: number, close: boolean): Buffer {
    return this.#json('200 OK', { node: this.#node, bytes }, close);
  }

  bulkHead(bytes: number, close: boolean): Buffer {
    return headOf('200 OK', 'application/octet-stream', this.#node, bytes, close);
  }

  /** RFC 6455 §4.2.2. */
  upgraded(head: string): Buffer {
    const key = /\nsec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? '';
    const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64');
    return Buffer.from(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Accept: ${accept}\r\nX-Node: ${this.#node}\r\n\r\n`,
      'latin1',
    );
  }

  #json(status: string, value: unknown, close: boolean): Buffer {
    return answerOf(status, 'application/json', this.#node, Buffer.from(JSON.stringify(value), 'latin1'), close);
  }
}

function answerOf(status: string, type: string, node: string, body: Buffer, close = false): Buffer {
  return Buffer.concat([headOf(status, type, node, body.length, close), body]);
}

function headOf(status: string, type: string, node: string, length: number, close: boolean): Buffer {
  return Buffer.from(
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\nX-Node: ${node}\r\n` +
      `${close ? 'Connection: close\r\n' : ''}\r\n`,
    'latin1',
  );
}

function smallBody(node: string): Buffer {
  const facts = `{"node":"${node}","sessionToken":"123456789","state":"active","role":"customer","pad":"`;
  const body = Buffer.from(`${facts}${'.'.repeat(ANSWER_BYTES - facts.length - 2)}"}`, 'latin1');
  if (body.length !== ANSWER_BYTES) throw new Error(`the small answer has ${body.length} bytes, not ${ANSWER_BYTES}`);
  return body;
}
