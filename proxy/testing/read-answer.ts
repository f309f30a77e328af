/** Reads a node's bytes as an attempt does, without sockets: what would be sent to the client. */
import { Writable } from 'node:stream';
import { AnswerHead } from '../http/answer-head.ts';
import { Answer, type AnswerContext } from '../traffic/answer.ts';
import { LIMITS } from './read-requests.ts';

export interface PassedAnswer {
  /** Bytes of the node's that make up the answer. */
  readonly used: number;
  /** What the client, which speaks HTTP/1.1, gets, latin1. */
  readonly sent: string;
}

/** `pieces`: what the reads bring before the node closes. Undefined when it makes no whole answer. */
export function readAnswer(pieces: readonly Buffer[], method: string): PassedAnswer | undefined {
  const sent: Buffer[] = [];
  const context: AnswerContext = {
    method,
    clientSocket: new Writable({
      write(chunk: Buffer, _encoding, done) {
        sent.push(chunk);
        done();
      },
    }),
    clientHttp10: false,
    wantsContinue: false,
    wantsUpgrade: false,
    keepAlive: true,
    onAnswerHead: () => true,
    addedFields: '',
    onAnswerBody: undefined,
  };
  const answer = new Answer({ head: new AnswerHead(LIMITS), lends: false }, LIMITS.head, context);
  let used = 0;
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    const progress = answer.feed(piece, piece.length);
    used += answer.used;
    if (progress === 'complete') return { used, sent: Buffer.concat(sent).toString('latin1') };
    if (progress !== 'more') return undefined;
  }
  if (answer.endOfInput() !== 'complete') return undefined;
  return { used, sent: Buffer.concat(sent).toString('latin1') };
}
