/** One request of the load, and whether it was answered by what was asked. */
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { COOKIE } from '../../backend-facts.ts';
import { refusalCode } from '../../harness/refusal.ts';
import { formatSession, ID_HEADER, SESSION_HEADER, type Session } from '../protocol.ts';
import type { Failure, Kind, Tally } from './tally.ts';

export type BoundTo = { readonly session: Session; readonly since: number };

export type Question = {
  readonly kind: Kind;
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly bound?: BoundTo;
  /** False: the session is named by the path alone, as by an agent who has only been told its token. */
  readonly cookie?: boolean;
  readonly body?: readonly Buffer[];
  /** Unset: a connection of its own. */
  readonly agent?: Agent;
};

export type Facts = Readonly<Record<string, unknown>>;
type Reply =
  | { readonly what: 'answer'; readonly status: number; readonly body: string }
  | { readonly what: 'reset' | 'cut' | 'timeout'; readonly detail: string };

/** Far beyond what the proxy allows a node under any fault here: whoever waits that long waits for nothing. */
const PATIENCE_MS = 30_000;

export function boundHeaders(bound: BoundTo | undefined, cookie = true): Record<string, string> {
  if (bound === undefined) return {};
  const { session } = bound;
  return { [SESSION_HEADER]: formatSession(session), ...(cookie ? { cookie: `${COOKIE}=${session.node}` } : {}) };
}

/** Resolves with the facts of the answer when it is one to this request, else undefined; both are in the tally. */
export async function ask(port: number, tally: Tally, question: Question): Promise<Facts | undefined> {
  const id = tally.id(question.kind);
  const from = Date.now();
  const reply = await send(port, id, question);
  const failure = judge(id, question, reply);
  if (typeof failure === 'string') {
    tally.ok[question.kind]++;
    return JSON.parse(failure) as Facts;
  }
  tally.failures.push({ ...describe(id, question), ...failure, from, until: Date.now() });
  return undefined;
}

type Bad = Pick<Failure, 'what' | 'status' | 'code' | 'detail'>;

/** The answer's text when it is as it should be. */
function judge(id: string, { path }: Question, reply: Reply): string | Bad {
  if (reply.what !== 'answer') return { what: reply.what, status: 0, code: '', detail: reply.detail };
  const { status, body } = reply;
  if (status !== 200) return { what: 'status', status, code: refusalCode(body), detail: body };
  return isAnswerTo(body, id, path) ? body : { what: 'wrong', status, code: '', detail: body };
}

export function isAnswerTo(body: string, id: string, target: string): boolean {
  try {
    const facts = JSON.parse(body) as Facts;
    return facts.id === id && facts.target === target;
  } catch {
    return false;
  }
}

export function describe(
  id: string,
  { kind, method = 'GET', bound }: Pick<Question, 'kind' | 'method' | 'bound'>,
): Pick<Failure, 'id' | 'kind' | 'idempotent' | 'session' | 'sessionSince'> {
  const [session, sessionSince] = [bound?.session, bound?.since ?? 0];
  return { id, kind, idempotent: method === 'GET', session, sessionSince };
}

function send(
  port: number,
  id: string,
  { method = 'GET', path, bound, cookie, body = [], agent }: Question,
): Promise<Reply> {
  const headers: IncomingHttpHeaders = { ...boundHeaders(bound, cookie), [ID_HEADER]: id };
  return new Promise((resolve) => {
    let begun = false;
    let timedOut = false;
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: agent ?? false });
    const timer = setTimeout(() => {
      timedOut = true;
      sent.destroy();
    }, PATIENCE_MS);
    const end = (reply: Reply): void => {
      clearTimeout(timer);
      resolve(reply);
    };
    const failed = (error?: Error): void => {
      const what = timedOut ? 'timeout' : begun ? 'cut' : 'reset';
      end({ what, detail: error?.message ?? 'closed' });
    };
    sent.on('error', failed);
    sent.on('response', (answer) => {
      begun = true;
      let text = '';
      answer.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('error', failed);
      answer.on('end', () => {
        if (answer.complete) end({ what: 'answer', status: answer.statusCode ?? 0, body: text });
      });
      answer.on('close', () => failed());
    });
    for (const chunk of body) sent.write(chunk);
    sent.end();
  });
}
