/**
 * What a contender must do before it is timed. Every check asks through the wire and throws on anything unexpected:
 * a fast wrong answer is no result.
 */
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type { Dispatcher } from 'undici';
import { ANSWER_BYTES, BASE, COOKIE, HOST, NODE_NAMES } from '../backend-facts.ts';
import { agentFor, originOf, type Target } from './target.ts';

const PATIENCE_MS = 5_000;
const BODY = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 251));

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Buffer };
type Headers = Readonly<Record<string, string | string[] | undefined>>;
export type Question = Omit<Dispatcher.RequestOptions, 'origin' | 'path' | 'method'> & {
  readonly method?: Dispatcher.HttpMethod;
};

/** Asks one contender; every check names it when the answer is not the expected one. */
export class Prover {
  readonly #target: Target;
  readonly #agent: Dispatcher;

  constructor(target: Target) {
    this.#target = target;
    this.#agent = agentFor(target, PATIENCE_MS);
  }

  async ask(path: string, { method = 'GET', ...question }: Question = {}): Promise<Answer> {
    const origin = originOf(this.#target);
    const { statusCode, headers, body } = await this.#agent.request({ ...question, origin, path, method });
    return { status: statusCode, headers, body: Buffer.from(await body.arrayBuffer()) };
  }

  equal(what: string, actual: unknown, expected: unknown): void {
    if (isDeepStrictEqual(actual, expected)) return;
    throw new Error(`${this.#target.name}: ${what}: expected ${show(expected)}, got ${show(actual)}`);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** Right bodies both ways, affinity by cookie, an unknown path's 404 passed on, forwarding headers at the node. */
export async function proveRouting(target: Target): Promise<void> {
  const prover = new Prover(target);
  try {
    await proveAnswer(prover);
    await proveEcho(prover);
    await proveUnknownPath(prover);
    if (!target.routes) return;
    await proveAffinity(prover);
    await proveForwarding(prover, target.ca === undefined ? 'http' : 'https');
  } finally {
    await prover.close();
  }
}

async function proveAnswer(prover: Prover): Promise<void> {
  const { status, headers, body } = await prover.ask(`${BASE}/answer`);
  prover.equal('status', status, 200);
  prover.equal('content type', headers['content-type'], 'application/json');
  prover.equal('bytes in the body', body.length, ANSWER_BYTES);
  prover.equal('one of the nodes answers', NODE_NAMES.includes(nodeIn(body)), true);
}

async function proveEcho(prover: Prover): Promise<void> {
  for (const [framing, body] of [
    ['length-delimited', BODY],
    ['chunked', Readable.from(inPieces(BODY))],
  ] as const) {
    const answer = await prover.ask(`${BASE}/echo`, { method: 'POST', body });
    prover.equal(`status of a ${framing} POST`, answer.status, 200);
    prover.equal(`${framing} body comes back unchanged`, answer.body.equals(BODY), true);
  }
}

async function proveUnknownPath(prover: Prover): Promise<void> {
  const { status, body } = await prover.ask(`${BASE}/no-such-thing`);
  prover.equal('status of an unknown path', status, 404);
  prover.equal("unknown path's body is the node's", NODE_NAMES.includes(nodeIn(body)), true);
}

async function proveAffinity(prover: Prover): Promise<void> {
  // Twice round: a balancer that happens to be in step with the list is not sticky.
  for (const node of [...NODE_NAMES, ...NODE_NAMES.toReversed()]) {
    const { status, body } = await prover.ask(`${BASE}/answer`, { headers: { cookie: `${COOKIE}=${node}` } });
    prover.equal(`status for ${node}`, status, 200);
    prover.equal(`node for the cookie of ${node}`, nodeIn(body), node);
  }
  const { body } = await prover.ask(`${BASE}/answer`, { headers: { cookie: `${COOKIE}=CB_Server_404` } });
  prover.equal('an unknown cookie is balanced', NODE_NAMES.includes(nodeIn(body)), true);
}

async function proveForwarding(prover: Prover, scheme: string): Promise<void> {
  const headers = { host: HOST, 'x-forwarded-for': '192.0.2.1' };
  const own = headersAtNode(await prover.ask(`${BASE}/head`, { headers }));
  prover.equal('X-Forwarded-For at the node', own.get('x-forwarded-for'), '127.0.0.1');
  prover.equal('X-Forwarded-Proto at the node', own.get('x-forwarded-proto'), scheme);
  prover.equal('X-Forwarded-Host at the node', own.get('x-forwarded-host'), HOST);
  prover.equal('X-Request-Id is made', (own.get('x-request-id') ?? '').length >= 8, true);
  const taken = headersAtNode(await prover.ask(`${BASE}/head`, { headers: { 'x-request-id': 'bench-request-1' } }));
  prover.equal('X-Request-Id is passed on', taken.get('x-request-id'), 'bench-request-1');
}

function nodeIn(body: Buffer): (typeof NODE_NAMES)[number] {
  try {
    return JSON.parse(body.toString()).node;
  } catch {
    throw new Error(`expected JSON that names a node, got ${show(body.toString())}`);
  }
}

/** The head that the node echoed, by lower-case name. */
function headersAtNode({ body }: Answer): Map<string, string> {
  const [, ...lines] = body.toString('latin1').split('\r\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), fieldValue(line)]));
}

const fieldValue = (line: string): string => line.slice(line.indexOf(':') + 1).trim();

async function* inPieces(body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += 1000) yield body.subarray(at, at + 1000);
}

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);
