/**
 * A bound client: it creates a session on a wished node and keeps one channel of it open, a long poll or a WebSocket,
 * until it is told that the session is gone. Then it creates another, as a customer's page does.
 */
import { COOKIE } from '../../backend-facts.ts';
import { Client } from '../../harness/client.ts';
import { refusalCode } from '../../harness/refusal.ts';
import { ID_HEADER, OWNER_HEADER, PATHS } from '../protocol.ts';
import { ask } from './ask.ts';
import { CookieJar } from './cookie-jar.ts';

export type ChannelKind = 'poll' | 'socket';

/**
 * What a channel saw. `open`: it is up (a poll: sent). `answered`: the poll's time was over. `cut`: broken off.
 * `refused`: an answer other than 2xx. `mute`: the client gave up by itself. `created`, `not-created`: a new session.
 */
export type ChannelEvent = {
  readonly at: number;
  readonly channel: string;
  readonly kind: ChannelKind;
  /** The name of the node that it is bound to, or '' without a session. */
  readonly node: string;
  readonly what: 'open' | 'answered' | 'cut' | 'refused' | 'mute' | 'created' | 'not-created';
  readonly status: number;
  readonly code: string;
  /** The refusal expired the cookie. */
  readonly cookieExpired: boolean;
};

type Session = { readonly node: string; readonly owner: string };
export type Happening = Pick<ChannelEvent, 'what'> & Partial<Pick<ChannelEvent, 'status' | 'code' | 'cookieExpired'>>;
type SetCookie = readonly string[] | undefined;

const AGAIN_MS = 250;

export type ChannelOptions = {
  readonly name: string;
  readonly port: number;
  readonly wishedNode: string;
  readonly timeoutMs: number;
  readonly log: ChannelEvent[];
};

export abstract class Channel extends Client {
  abstract readonly kind: ChannelKind;
  protected readonly options: ChannelOptions;
  readonly #cookies = new CookieJar();
  #session: Session | undefined;
  #attempts = 0;

  constructor(options: ChannelOptions) {
    super();
    this.options = options;
    this.#cookies.take([`${COOKIE}=${options.wishedNode}`]);
  }

  /** Opens the channel and keeps it as long as it lives; resolves with what ended it. */
  protected abstract hold(headers: Readonly<Record<string, string>>, stop: AbortSignal): Promise<Happening>;

  /** An answer's. */
  protected keepCookies(setCookie: SetCookie): void {
    this.#cookies.take(setCookie);
  }

  protected happened(event: Happening): void {
    const { what, status = 0, code = '', cookieExpired = false } = event;
    const { name: channel, log } = this.options;
    log.push({
      at: Date.now(),
      channel,
      kind: this.kind,
      node: this.#session?.node ?? '',
      what,
      status,
      code,
      cookieExpired,
    });
  }

  protected turn(stop: AbortSignal): Promise<void> {
    return this.#session === undefined ? this.#create(stop) : this.#serve(this.#session, stop);
  }

  async #serve(session: Session, stop: AbortSignal): Promise<void> {
    const headers = { ...this.#headers(), [OWNER_HEADER]: session.owner };
    const ended = await this.hold(headers, stop);
    if (stop.aborted) return;
    this.happened(ended);
    // 404: a node that does not know the session has it no more.
    if (ended.code === 'session_lost' || ended.status === 404) this.#session = undefined;
    else if (ended.what !== 'answered') await this.pause(AGAIN_MS);
  }

  async #create(stop: AbortSignal): Promise<void> {
    const { port, timeoutMs } = this.options;
    const deadline = Date.now() + timeoutMs;
    const reply = await ask({ port, method: 'POST', path: PATHS.create, headers: this.#headers(), deadline }, stop);
    if (stop.aborted) return;
    if (reply.kind === 'answer') this.keepCookies(reply.headers['set-cookie']);
    const session = reply.kind === 'answer' && reply.status === 200 ? readSession(reply.body) : undefined;
    if (session === undefined) {
      const refusal = reply.kind === 'answer' ? { status: reply.status, code: refusalCode(reply.body) } : {};
      this.happened({ what: 'not-created', ...refusal });
      await this.pause(AGAIN_MS);
      return;
    }
    this.#session = session;
    this.happened({ what: 'created' });
  }

  #headers(): Record<string, string> {
    return { [ID_HEADER]: `${this.options.name}-${this.#attempts++}`, ...this.#cookies.headers };
  }
}

function readSession(body: string): Session | undefined {
  const owner = /"owner":"([^"]+)"/.exec(body)?.[1];
  return owner === undefined ? undefined : { owner, node: owner.slice(0, owner.indexOf('/')) };
}

/** What a refusal says, from its status, headers and body. */
export function refusal(status: number, setCookie: SetCookie, body: string): Happening {
  const cookieExpired = setCookie?.some((one) => one.startsWith(`${COOKIE}=`) && /;\s*max-age=0/i.test(one)) ?? false;
  return { what: 'refused', status, code: refusalCode(body), cookieExpired };
}
