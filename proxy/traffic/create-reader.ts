/** Reads along with the answer to a create request, to learn which node owns the new session. */
import { parseSessionAnswer } from '../affinity/session-answer.ts';
import type { AnswerHead } from '../http/answer-head.ts';
import { isInstanceId } from '../pool/report.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import type { WorkerContext } from './worker-context.ts';

/** A create answer has about 100 bytes. Larger bodies are something else, and are not held. */
const MAX_BODY = 4096;

export class CreateReader {
  /** Of the session that was created; '' until it is read. */
  token = '';
  #body = '';
  readonly #worker: WorkerContext;
  readonly #node: NodeSnapshot;
  readonly #instanceId: string | undefined;

  constructor(worker: WorkerContext, node: NodeSnapshot, { instance }: AnswerHead) {
    this.#worker = worker;
    this.#node = node;
    this.#instanceId = isInstanceId(instance) ? instance : undefined;
  }

  static wants(head: AnswerHead): boolean {
    return head.status >= 200 && head.status < 300 && head.contentLength <= MAX_BODY;
  }

  /** Body bytes [start, end), in order. Learns as soon as they make the whole JSON object. */
  read(buffer: Buffer, start: number, end: number): void {
    if (this.#body.length + end - start > MAX_BODY) return;
    this.#body += buffer.toString('latin1', start, end);
    if (!this.#body.trimEnd().endsWith('}')) return;
    const answer = parseSessionAnswer(this.#body);
    // A node that calls itself by another name than the configuration does is nobody's owner here.
    if (answer?.sessionServerName !== this.#node.name) return;
    this.token = answer.sessionToken;
    const { directory, view } = this.#worker;
    directory.learnSession(view, answer.sessionToken, this.#node, 'create', this.#instanceId);
  }
}
