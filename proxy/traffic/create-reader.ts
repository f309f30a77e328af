/** Reads along with the answer to a create request, to learn which node owns the new session. */
import type { AnswerHead } from '../http/answer-head.ts';
import type { NodeSnapshot } from '../pool/view.ts';
import type { WorkerContext } from './worker-context.ts';

/** A create answer has about 100 bytes. Larger bodies are something else, and are not held. */
const MAX_BODY = 4096;

export class CreateReader {
  #body = '';
  readonly #worker: WorkerContext;
  readonly #node: NodeSnapshot;

  constructor(worker: WorkerContext, node: NodeSnapshot) {
    this.#worker = worker;
    this.#node = node;
  }

  static wants(head: AnswerHead): boolean {
    return head.status >= 200 && head.status < 300 && head.contentLength <= MAX_BODY;
  }

  /** Body bytes [start, end), in order. Learns as soon as they make the whole JSON object. */
  read(buffer: Buffer, start: number, end: number): void {
    if (this.#body.length + end - start > MAX_BODY) return;
    this.#body += buffer.toString('latin1', start, end);
    if (!this.#body.trimEnd().endsWith('}')) return;
    const token = sessionTokenOf(this.#body);
    if (token !== undefined) this.#worker.directory.learnSession(this.#worker.view, token, this.#node, 'create');
  }
}

function sessionTokenOf(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || !('sessionToken' in value)) return undefined;
    return typeof value.sessionToken === 'string' && value.sessionToken !== '' ? value.sessionToken : undefined;
  } catch {
    return undefined;
  }
}
