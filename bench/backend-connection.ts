/** One connection to a node of the benchmark: requests are answered in order, one at a time. */
import type { Socket } from 'node:net';
import type { Answers, HeldCounts } from './backend-answers.ts';
import { BASE, BULK_BLOCK } from './backend-facts.ts';
import { readRequest } from './backend-request.ts';
import { plainFrame, readFrame } from './frame.ts';

const NOTHING = Buffer.alloc(0);
const SINK = Buffer.from(`POST ${BASE}/sink `, 'latin1');
const BULK = `GET ${BASE}/bulk/`;
const POLL = `POST ${BASE}/cometd/connect `;
const UPGRADE = /\nupgrade: *websocket/i;

type Upload = { readonly bytes: number; readonly close: boolean; left: number };

export class BackendConnection {
  readonly #socket: Socket;
  readonly #answers: Answers;
  readonly #held: HeldCounts;
  #pending: Buffer = NOTHING;
  #upload: Upload | undefined;
  #tunnel = false;

  constructor(socket: Socket, answers: Answers, held: HeldCounts) {
    this.#socket = socket;
    this.#answers = answers;
    this.#held = held;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => socket.destroy());
  }

  #take(chunk: Buffer): void {
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = NOTHING;
    while (bytes.length > 0) {
      const used = this.#use(bytes);
      if (used === 0) {
        this.#pending = bytes;
        return;
      }
      bytes = bytes.subarray(used);
    }
  }

  /** How many bytes it made use of: 0 when more have to arrive. */
  #use(bytes: Buffer): number {
    if (this.#tunnel) return this.#echo(bytes);
    if (this.#upload !== undefined) return this.#drop(this.#upload, bytes);
    // Before anything waits for a whole body.
    if (bytes.length >= SINK.length && SINK.equals(bytes.subarray(0, SINK.length))) return this.#beginUpload(bytes);
    const request = readRequest(bytes);
    if (request === undefined) return 0;
    const { head, body, close, end } = request;
    if (head.startsWith(BULK)) this.#sendBulk(Number.parseInt(head.slice(BULK.length), 10), close);
    else if (head.startsWith(POLL)) this.#hold('polls');
    else if (UPGRADE.test(head)) this.#upgrade(head);
    else this.#send(this.#answers.for(head, body, close), close);
    return end;
  }

  #send(answer: Buffer, close: boolean): void {
    if (close) this.#socket.end(answer);
    else this.#socket.write(answer);
  }

  #beginUpload(bytes: Buffer): number {
    const headEnd = bytes.indexOf('\r\n\r\n');
    if (headEnd === -1) return 0;
    const head = bytes.toString('latin1', 0, headEnd);
    const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) throw new Error(`an upload without Content-Length:\n${head}`);
    const close = /\nconnection: *close/i.test(head);
    this.#upload = { bytes: Number(length), close, left: Number(length) };
    if (this.#upload.left === 0) this.#drop(this.#upload, NOTHING);
    return headEnd + 4;
  }

  #drop(upload: Upload, bytes: Buffer): number {
    const used = Math.min(upload.left, bytes.length);
    upload.left -= used;
    if (upload.left === 0) {
      this.#upload = undefined;
      this.#send(this.#answers.sunk(upload.bytes, upload.close), upload.close);
    }
    return used;
  }

  /** As fast as it is taken, no faster. */
  #sendBulk(bytes: number, close: boolean): void {
    const socket = this.#socket;
    let left = bytes;
    socket.write(this.#answers.bulkHead(bytes, close));
    const more = (): void => {
      while (left > 0 && !socket.destroyed) {
        const piece = left < BULK_BLOCK.length ? BULK_BLOCK.subarray(0, left) : BULK_BLOCK;
        left -= piece.length;
        if (!socket.write(piece) && left > 0) {
          socket.once('drain', more);
          return;
        }
      }
      if (close) socket.end();
    };
    more();
  }

  #upgrade(head: string): void {
    this.#tunnel = true;
    this.#hold('tunnels');
    this.#socket.write(this.#answers.upgraded(head));
  }

  #echo(bytes: Buffer): number {
    const frame = readFrame(bytes);
    if (frame === undefined) return 0;
    if (frame.close) this.#socket.end();
    else this.#socket.write(plainFrame(frame.payload));
    return frame.end;
  }

  #hold(kind: keyof HeldCounts): void {
    this.#held[kind]++;
    this.#socket.once('close', () => this.#held[kind]--);
  }
}
