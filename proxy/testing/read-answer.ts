/** Reads a node's bytes as an attempt does, without sockets: what would be sent to the client. */
import { Writable } from 'node:stream';
import { AnswerHead } from '../http/answer-head.ts';
import { type Asks, methodOf } from '../http/corpus/answer-case.ts';
import { Answer, type AnswerContext } from '../traffic/answer.ts';
import { LIMITS } from './read-requests.ts';

export interface PassedAnswer {
  /** `unfinished`: the node closed too early. */
  readonly end: 'complete' | 'upgraded' | 'invalid' | 'unfinished';
  /** A final head was sent, so that the client has to be cut off where the end is not well. */
  readonly begun: boolean;
  /** Bytes of the node's that make up the answer. */
  readonly used: number;
  /** What the client gets, latin1. */
  readonly sent: string;
}

/** `read`: what the reads bring before the node closes. */
export function readAnswer(read: readonly Buffer[], asks: Asks): PassedAnswer {
  const sent: Buffer[] = [];
  const answer = new Answer({ head: new AnswerHead(LIMITS), lends: false }, LIMITS.head, contextFor(asks, sent));
  const passed = (end: PassedAnswer['end'], used: number): PassedAnswer => {
    return { end, begun: answer.begun, used, sent: Buffer.concat(sent).toString('latin1') };
  };
  let used = 0;
  for (const piece of read) {
    const progress = answer.feed(piece, piece.length);
    if (progress === 'invalid' || progress === 'declined') return passed('invalid', used);
    used += answer.used;
    if (progress !== 'more') return passed(progress, used);
  }
  return passed(answer.endOfInput() === 'complete' ? 'complete' : 'unfinished', used);
}

function contextFor(asks: Asks, sent: Buffer[]): AnswerContext {
  const http10 = asks.endsWith('1.0');
  return {
    method: methodOf(asks),
    clientSocket: new Writable({
      write(chunk: Buffer, _encoding, done) {
        sent.push(chunk);
        done();
      },
    }),
    clientHttp10: http10,
    wantsContinue: asks === 'expecting',
    wantsUpgrade: asks === 'upgrade',
    keepAlive: !http10 && asks !== 'upload',
    onAnswerHead: () => true,
    onSmallAnswer: () => {},
    addedFields: '',
    onAnswerBody: undefined,
  };
}
